import { AwsV4Signer } from "aws4fetch";
import { type Address, targetOf } from "./address.js";
import type { Clock } from "./clock.js";
import { CredentialSource, type Credentials, type CredentialsOption } from "./credentials.js";

/** What of a request is signed. */
export interface Signable {
  readonly method: string;
  readonly address: Address;
  /** Encoded and sorted. */
  readonly query: string;
  /** All of them are signed. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Signed {
  readonly headers: Headers;
  /** Those that it was signed with, to be told when the store refuses them. */
  readonly credentials?: Credentials | undefined;
  /** The offset of the clock that it was signed by. */
  readonly clockOffset?: number | undefined;
}

/** Signs for one region, with the credentials of the moment and at the store's time. */
export class Signer {
  readonly #source: CredentialSource | undefined;
  readonly #region: string;
  readonly #clock: Clock;
  // Signing keys, so that a request costs one HMAC and not five. For one day and one secret.
  #keys = new Map<string, ArrayBuffer>();
  #keysFor = "";

  constructor(option: CredentialsOption, region: string, clock: Clock) {
    this.#source = option === "anonymous" ? undefined : new CredentialSource(option);
    this.#region = region;
    this.#clock = clock;
  }

  async sign(request: Signable, payloadHash: string, signal?: AbortSignal): Promise<Signed> {
    if (this.#source === undefined) return { headers: new Headers(request.headers) };
    const credentials = await this.#source.get(this.#clock.now(), signal);
    const headers = { ...request.headers, "x-amz-content-sha256": payloadHash };
    const signer = this.#signer(credentials, { ...request, headers }, false);
    const { offset: clockOffset } = this.#clock;
    return { headers: (await signer.sign()).headers, credentials, clockOffset };
  }

  /** The query of a presigned URL, with its signature. */
  async presign(request: Signable, seconds: number): Promise<string> {
    if (this.#source === undefined) return request.query;
    const credentials = await this.#source.get(this.#clock.now());
    const query = `${request.query}${request.query && "&"}X-Amz-Expires=${seconds}`;
    const { url } = await this.#signer(credentials, { ...request, query }, true).sign();
    // It writes spaces in the way of forms, which not every server reads in a query that is signed.
    return url.search.slice(1).replaceAll("+", "%20");
  }

  /** The store says that these have ended. Whether another try can have better ones. */
  refused(credentials: Credentials | undefined): boolean {
    return credentials !== undefined && this.#source?.refused(credentials) === true;
  }

  #signer(credentials: Credentials, { method, address, query, headers }: Signable, signQuery: boolean) {
    const { accessKeyId, secretAccessKey, sessionToken } = credentials;
    const datetime = new Date(this.#clock.now()).toISOString().replace(/[:-]|\.\d{3}/g, "");
    const keysFor = `${datetime.slice(0, 8)} ${secretAccessKey}`;
    if (keysFor !== this.#keysFor) {
      this.#keysFor = keysFor;
      this.#keys = new Map();
    }
    const signer = new AwsV4Signer({
      method,
      url: address.origin + targetOf(address, query),
      headers,
      accessKeyId,
      secretAccessKey,
      ...(sessionToken !== undefined && { sessionToken }),
      service: "s3",
      region: this.#region,
      cache: this.#keys,
      datetime,
      signQuery,
      // Also the type and the range: what is sent is what was signed.
      allHeaders: true,
    });
    // It takes the path from a URL parser, which takes the segments "." and ".." out of keys.
    signer.encodedPath = address.path;
    return signer;
  }
}
