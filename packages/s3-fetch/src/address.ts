import { InvalidValueError, type ObjectSource, StoreError } from "@sluice/object-store";

/** Where a request goes. Apart, because a URL parser would make another path of some. */
export interface Address {
  /** For example `https://photos.s3.eu-central-1.amazonaws.com`. */
  readonly origin: string;
  /** Percent-encoded, from the first slash on, without the query. */
  readonly path: string;
}

/** The parameters of a request; those that are `undefined` are left out. */
export type Query = Readonly<Record<string, string | number | undefined>>;

/** Finds the address of buckets and keys at one endpoint. */
export class Endpoint {
  readonly origin: string;
  readonly host: string;
  readonly #url: URL;
  readonly #prefix: string;
  readonly #pathStyle: boolean;

  constructor(endpoint: string, forcePathStyle: boolean | undefined) {
    const url = parsed(endpoint);
    this.#url = url;
    this.origin = url.origin;
    this.host = url.hostname;
    this.#prefix = url.pathname.replace(/\/+$/, "");
    // Amazon's own hosts want the bucket in their name. What others have is mostly a single name.
    this.#pathStyle = forcePathStyle ?? !/(^|\.)amazonaws\.com(\.cn)?$/.test(url.hostname);
  }

  address(bucket?: string, key?: string): Address {
    if (bucket === undefined) return { origin: this.origin, path: `${this.#prefix}/` };
    if (!BUCKET.test(bucket) || bucket.includes("..")) {
      throw new StoreError(
        "InvalidBucketName",
        `${JSON.stringify(bucket.slice(0, 80))} is no name of a bucket`,
      );
    }
    checkKey(key);
    const object = key === undefined ? "" : `/${encodePath(key)}`;
    if (this.#pathStyle || !this.#fitsInHost(bucket)) {
      return { origin: this.origin, path: `${this.#prefix}/${encodeStrictly(bucket)}${object}` };
    }
    const { protocol, host } = this.#url;
    return { origin: `${protocol}//${bucket}.${host}`, path: `${this.#prefix}${object || "/"}` };
  }

  // A certificate for *.s3.amazonaws.com does not cover a name with a dot, hosts have no capitals, and IP addresses no
  // subdomains.
  #fitsInHost(bucket: string): boolean {
    return !/^(\[|[\d.]+$)/.test(this.host) && /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(bucket);
  }
}

/** Refuses the empty key: its request would be one about the bucket itself, and a deletion would delete that. */
export function checkKey(key: string | undefined): void {
  if (key === "") throw new StoreError("InvalidArgument", "a key must have at least one character");
}

// Wider than S3's rule for new ones: older stores have capitals, and Ceph has tenants before a colon.
const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,254}$/;

function parsed(endpoint: string): URL {
  let url: URL | undefined;
  try {
    url = new URL(endpoint);
  } catch {
    // told below
  }
  const good =
    url && /^https?:$/.test(url.protocol) && !url.search && !url.hash && !url.username && !url.password;
  // Without the value: it may have a password in it.
  if (!good)
    throw new InvalidValueError("endpoint", "[hidden]", "an http or https URL without user and query");
  return url!;
}

/** RFC 3986: everything but the unreserved characters. */
export function encodeStrictly(text: string): string {
  try {
    return encodeURIComponent(text).replace(
      /[!'()*]/g,
      (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  } catch (cause) {
    throw new StoreError("InvalidArgument", "half a surrogate pair has no UTF-8", { cause });
  }
}

export const encodePath = (key: string): string => encodeStrictly(key).replaceAll("%2F", "/");

/** What is to be copied, as the header that names it wants it encoded. */
export function copySourceOf({ bucket, key, versionId }: ObjectSource): string {
  const version = versionId === undefined ? "" : `?versionId=${encodeStrictly(versionId)}`;
  return `${encodeStrictly(bucket)}/${encodePath(key)}${version}`;
}

/** In the form that is signed and sent, sorted. */
export const encodeQuery = (query: Query): string =>
  Object.entries(query)
    .flatMap(([name, value]) =>
      value === undefined ? [] : [`${encodeStrictly(name)}=${encodeStrictly(String(value))}`],
    )
    .sort()
    .join("&");

export const targetOf = ({ path }: Address, query: string): string => (query ? `${path}?${query}` : path);

/** The URL of an address, if a URL can have its path. */
export function urlOf(address: Address, query: string): string {
  const { origin, path } = address;
  const url = origin + targetOf(address, query);
  if (new URL(url).pathname !== path) {
    throw new StoreError(
      "InvalidArgument",
      'a key with a segment "." or ".." cannot be had by URL: every URL parser takes such segments out',
    );
  }
  return url;
}
