import type { ChecksumAlgorithm } from "@sluice/object-store";
import { pacedBody } from "./admission/paced-body.js";
import type { Caller } from "./auth/authenticate.js";
import { readPayload } from "./body/payload.js";
import { VerifiedBody } from "./body/verified-body.js";
import type { Identity } from "./identity.js";
import type { Settings } from "./options.js";
import { orLeft } from "./or-left.js";
import { findPlace, type NamedBucket, type Place } from "./place.js";
import type { Asked } from "./protocol/classify.js";
import type { Operation } from "./protocol/operation.js";
import { S3Error } from "./protocol/s3-error.js";
import { element, type Markup } from "./protocol/xml.js";

/** What an exchange is made of. */
export interface ExchangeParts {
  readonly settings: Settings;
  readonly request: Request;
  readonly url: URL;
  readonly asked: Asked;
  readonly caller: Caller;
  /** Stops what is done for the request. */
  readonly stop: AbortController;
  readonly control?: Uint8Array | undefined;
}

/** One admitted request, as the operations see it. */
export class Exchange {
  readonly asked: Asked;
  readonly url: URL;
  readonly headers: Headers;
  readonly signal: AbortSignal;
  readonly identity: Identity;
  readonly region: string;
  /** The body of a control operation, read and verified. */
  readonly control: Uint8Array;
  readonly #settings: Settings;
  readonly #request: Request;
  readonly #caller: Caller;
  readonly #stop: AbortController;
  #place: Promise<Place> | undefined;

  constructor({ settings, request, url, asked, caller, stop, control }: ExchangeParts) {
    this.asked = asked;
    this.url = url;
    this.headers = request.headers;
    this.signal = stop.signal;
    this.identity = caller.identity;
    this.region = settings.region;
    this.control = control ?? new Uint8Array(0);
    this.#settings = settings;
    this.#request = request;
    this.#caller = caller;
    this.#stop = stop;
  }

  /** A header, or undefined. */
  header(name: string): string | undefined {
    return this.headers.get(name) ?? undefined;
  }

  /** Where the bucket of the request is, or another one. */
  place(bucket: string = this.asked.bucket): Promise<Place> {
    const find = () => orLeft(findPlace(this.#settings.store, bucket, this.identity), this.signal);
    if (bucket !== this.asked.bucket) return find();
    this.#place ??= find();
    return this.#place;
  }

  /** Whether signatures must name this region, and no other. */
  get regionIsFixed(): boolean {
    return this.#settings.authentication.region !== undefined;
  }

  /** Whoever asks, as XML names them. */
  get ownerFields(): readonly Markup[] {
    const { accessKeyId = "anonymous", owner = accessKeyId } = this.identity;
    return [element("ID", owner), element("DisplayName", owner)];
  }

  /** The buckets that whoever asks is told of; undefined if there is no list. */
  async buckets(): Promise<readonly NamedBucket[] | undefined> {
    const { store, listBuckets } = this.#settings;
    if (listBuckets !== undefined) return orLeft(listBuckets(this.identity), this.signal);
    return typeof store === "function" ? undefined : store.buckets?.list({ signal: this.signal });
  }

  async isAllowed(operation: Operation, bucket: string, key: string): Promise<boolean> {
    const intent = {
      identity: this.identity,
      operation,
      bucket: bucket === "" ? undefined : bucket,
      key: key === "" ? undefined : key,
    };
    return orLeft(this.#settings.authorize(intent), this.signal);
  }

  async demand(operation: Operation, bucket: string, key: string): Promise<void> {
    if (!(await this.isAllowed(operation, bucket, key))) throw new S3Error("AccessDenied", "Access Denied.");
  }

  /** The body of a write, not read yet. The length must be known before its first byte. */
  incoming(limit: number): Incoming {
    const payload = readPayload(this.headers);
    if (payload.length === undefined) {
      throw new S3Error("MissingContentLength", "You must provide the Content-Length HTTP header.");
    }
    if (payload.length > limit) {
      throw new S3Error("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.");
    }
    const source = this.#request.body ?? new ReadableStream({ start: (controller) => controller.close() });
    const { limits } = this.#settings;
    const paced = pacedBody(source, { ...limits, onStuck: (why) => this.#stop.abort(why) });
    const body = new VerifiedBody(paced, payload, { limit, chain: this.#caller.chain });
    return { body, length: payload.length, trailer: payload.trailer };
  }
}

export interface Incoming {
  readonly body: VerifiedBody;
  /** Bytes. */
  readonly length: number;
  /** The checksum that will be known when the body has been read. */
  readonly trailer: ChecksumAlgorithm | undefined;
}

/** The decimal number that a query parameter must be. */
export const numberIn = (
  query: ReadonlyMap<string, string>,
  name: string,
  least: number,
  most: number,
): number | undefined => integerIn(query.get(name), name, least, most);

/** The same of a header. */
export function integerIn(
  text: string | undefined,
  name: string,
  least: number,
  most: number,
): number | undefined {
  if (text === undefined || text === "") return undefined;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) {
    throw new S3Error("InvalidArgument", `${name} must be an integer from ${least} to ${most}.`);
  }
  return value;
}
