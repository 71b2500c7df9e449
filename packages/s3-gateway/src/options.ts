import type { ObjectStore } from "@sluice/object-store";
import { InvalidValueError, type Semaphore, TooHeavyError } from "@sluice/semaphore";
import type { Authentication } from "./auth/authenticate.js";
import { SigningKeys } from "./auth/signing-key.js";
import type { GatewayEvent } from "./event.js";
import type { Authorize, CredentialLookup } from "./identity.js";
import type { ListBuckets, RouteStore } from "./place.js";

export interface GatewayLimits {
  /**
   * Bytes that one request holds at the most, reserved in one step before it touches the store. The default of
   * 1 MiB is what a body has in flight between a socket and a store that works in pieces of up to 256 KiB.
   */
  readonly requestBytes?: number | undefined;
  /** Bytes of the largest body of DeleteObjects and of the multipart operations. 2 MiB are 10,000 parts. */
  readonly controlBytes?: number | undefined;
  /** Milliseconds after which a client that neither sends nor takes a byte is given up. 60,000 if left out. */
  readonly idleTimeout?: number | undefined;
}

export interface GatewayOptions {
  /** Where the objects are: one store for all buckets, or a function that says which one. */
  readonly store: ObjectStore | RouteStore;
  /** Which buckets somebody is told of. Left out: those of the store; if that is a function, there is no list. */
  readonly listBuckets?: ListBuckets | undefined;
  /** Bytes that all requests together may hold. */
  readonly budget: Semaphore;
  /** Milliseconds to wait for the budget before 503 SlowDown. 30,000 if left out. */
  readonly waitTimeout?: number | undefined;
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
  readonly limits?: GatewayLimits | undefined;
  /** Called once for each request, when it is over. What it throws is dropped. */
  readonly onEvent?: ((event: GatewayEvent) => void) | undefined;
}

/** The options, with nothing left out. */
export interface Settings {
  readonly store: ObjectStore | RouteStore;
  readonly listBuckets: ListBuckets | undefined;
  readonly budget: Semaphore;
  readonly waitTimeout: number;
  readonly keepAliveInterval: number;
  readonly authentication: Authentication;
  readonly authorize: Authorize;
  readonly region: string;
  readonly limits: { readonly [Name in keyof GatewayLimits]-?: number };
  readonly onEvent: (event: GatewayEvent) => void;
}

/** Throws for what could never work. */
export function settle(options: GatewayOptions): Settings {
  const { requestBytes = 2 ** 20, controlBytes = 2 ** 21, idleTimeout = 60_000 } = options.limits ?? {};
  const { waitTimeout = 30_000, keepAliveInterval = 10_000 } = options;
  const numbers = { requestBytes, controlBytes, idleTimeout };
  for (const [name, value] of Object.entries(numbers)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new InvalidValueError(`limits.${name}`, value, "a safe integer of at least 1");
    }
  }
  if (!(waitTimeout >= 0)) throw new InvalidValueError("waitTimeout", waitTimeout, "milliseconds from 0");
  if (!(keepAliveInterval >= 1 && (keepAliveInterval < 2 ** 31 || keepAliveInterval === Infinity))) {
    throw new InvalidValueError("keepAliveInterval", keepAliveInterval, "milliseconds from 1, or Infinity");
  }
  if (requestBytes > options.budget.capacity) {
    throw new TooHeavyError(requestBytes, options.budget.capacity, "limits.requestBytes");
  }
  return {
    store: options.store,
    listBuckets: options.listBuckets,
    budget: options.budget,
    waitTimeout,
    keepAliveInterval,
    authentication: { lookup: options.authenticate, region: options.region, keys: new SigningKeys() },
    authorize: options.authorize ?? (() => true),
    region: options.region ?? "us-east-1",
    limits: numbers,
    onEvent: options.onEvent ?? (() => {}),
  };
}
