import type { ObjectStore } from "@sluice/object-store";
import { InvalidValueError, type Semaphore, TooHeavyError } from "@sluice/semaphore";
import { Admission } from "./admission/admission.js";
import type { CostFacts } from "./admission/cost.js";
import { FairLine } from "./admission/fair-line.js";
import { type FairnessOptions, partyOf } from "./admission/fairness.js";
import type { Authentication } from "./auth/authenticate.js";
import { SigningKeys } from "./auth/signing-key.js";
import { type Cors, checkRules } from "./cors/rule.js";
import type { GatewayEvent } from "./event.js";
import type { Authorize, CredentialLookup, Identity } from "./identity.js";
import { type GatewayLimits, type Limits, settleLimits } from "./limits.js";
import { Metrics } from "./metrics/metrics.js";
import type { ListBuckets, RouteStore } from "./place.js";
import { domainsOf } from "./protocol/domain.js";

export interface GatewayOptions {
  /** Where the objects are: one store for all buckets, or a function that says which one. */
  readonly store: ObjectStore | RouteStore;
  /** Which buckets somebody is told of. Left out: those of the store; if that is a function, there is no list. */
  readonly listBuckets?: ListBuckets | undefined;
  /** Bytes that all requests together may hold. */
  readonly budget: Semaphore;
  /** Milliseconds to wait for the budget before 503 SlowDown. 30,000 if left out. */
  readonly waitTimeout?: number | undefined;
  /** How many requests may wait for the budget; one more is told 503 SlowDown at once. 256 if left out. */
  readonly maxWaiting?: number | undefined;
  /** How those who wait are told apart, so that none of them gets it all. */
  readonly fairness?: FairnessOptions | undefined;
  /**
   * Milliseconds that the store may take to complete or copy an object before the answer begins: with 200, and a space each
   * time they are over again, as S3 does it, so that nobody takes the connection for dead. What goes wrong then is told in
   * that answer. 10,000 if left out; Infinity waits, however long it takes.
   */
  readonly keepAliveInterval?: number | undefined;
  /** Whose signatures are good. `"anonymous"` lets everybody in, and looks at no signature. */
  readonly authenticate: CredentialLookup | "anonymous";
  /** Left out, everybody who is let in may do everything. */
  readonly authorize?: Authorize | undefined;
  /** The region that signatures must name. Left out, any will do, and clients are told `us-east-1`. */
  readonly region?: string | undefined;
  /**
   * The names of this server, such as `s3.example.com`: `bucket.s3.example.com` is then the address of a bucket.
   * With any other host the bucket stands in the path, as it always may.
   */
  readonly domain?: string | readonly string[] | undefined;
  /** What pages of other origins may do. Left out, nothing. */
  readonly cors?: Cors | undefined;
  readonly limits?: GatewayLimits | undefined;
  /** Called once for each request, when it is over. What it throws is dropped. */
  readonly onEvent?: ((event: GatewayEvent) => void) | undefined;
}

/** The options, with nothing left out. */
export interface Settings {
  readonly store: ObjectStore | RouteStore;
  readonly listBuckets: ListBuckets | undefined;
  readonly budget: Semaphore;
  readonly line: FairLine;
  readonly admission: Admission;
  readonly partyOf: (identity: Identity, peer: string | undefined) => string;
  readonly keepAliveInterval: number;
  readonly authentication: Authentication;
  readonly authorize: Authorize;
  readonly region: string;
  readonly domains: readonly string[];
  readonly cors: Cors | undefined;
  readonly limits: Limits;
  /** As of now: a budget may be resized. */
  costFacts(): CostFacts;
  readonly metrics: Metrics;
  readonly onEvent: (event: GatewayEvent) => void;
}

// The longest delay that timers keep.
const LONGEST = 2 ** 31 - 1;

/** Throws for what could never work. */
export function settle(options: GatewayOptions): Settings {
  const {
    budget,
    store,
    waitTimeout = 30_000,
    maxWaiting = 256,
    fairness = {},
    keepAliveInterval = 10_000,
  } = options;
  const limits = settleLimits(options.limits, budget.capacity);
  if (!(Number.isFinite(waitTimeout) && waitTimeout >= 0 && waitTimeout <= LONGEST)) {
    throw new InvalidValueError("waitTimeout", waitTimeout, `milliseconds from 0 to ${LONGEST}`);
  }
  if (!(keepAliveInterval >= 1 && (keepAliveInterval <= LONGEST || keepAliveInterval === Infinity))) {
    throw new InvalidValueError("keepAliveInterval", keepAliveInterval, "milliseconds from 1, or Infinity");
  }
  if (!Number.isSafeInteger(maxWaiting) || maxWaiting < 0) {
    throw new InvalidValueError("maxWaiting", maxWaiting, "a safe integer from 0");
  }
  const { maxShare = 1 } = fairness;
  if (!(maxShare > 0 && maxShare <= 1)) {
    throw new InvalidValueError("fairness.maxShare", maxShare, "a part of the budget, above 0 and at most 1");
  }
  const { get = 0, put = 0 } = (typeof store === "function" ? undefined : store.limits.holds) ?? {};
  const largest = limits.requestBytes + Math.max(get, put);
  if (largest > budget.capacity) {
    throw new TooHeavyError(largest, budget.capacity, "limits.requestBytes and what the store holds");
  }
  const line = new FairLine({ budget, maxWaiting, maxShare });
  return {
    store,
    listBuckets: options.listBuckets,
    budget,
    line,
    admission: new Admission({ line, waitTimeout }),
    partyOf: partyOf(fairness),
    keepAliveInterval,
    authentication: { lookup: options.authenticate, region: options.region, keys: new SigningKeys() },
    authorize: options.authorize ?? (() => true),
    region: options.region ?? "us-east-1",
    domains: domainsOf(options.domain),
    cors: Array.isArray(options.cors) ? checkRules(options.cors) : options.cors,
    limits,
    costFacts: () => ({ ...limits, capacity: budget.capacity }),
    metrics: new Metrics(),
    onEvent: options.onEvent ?? (() => {}),
  };
}
