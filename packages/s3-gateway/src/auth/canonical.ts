import { decode, queryPairs } from "../protocol/target.js";

/** The request as far as a signature covers it. */
export interface Signable {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  /** In lower case, ascending, as the client named them. */
  readonly signedHeaders: readonly string[];
  readonly payloadHash: string;
}

/**
 * The canonical requests that a client may have meant, in the terms of SigV4 for S3: path encoded once,
 * query sorted.
 *
 * The first has path and query decoded and encoded again by the rules. The second, where it differs, has them
 * as they came: some clients sign the spelling that they send. Both mean one and the same bucket, key and query.
 */
export function canonicalRequests(signable: Signable, leaveOut?: string): readonly string[] {
  const { pathname, search } = signable.url;
  const strict = canonical(signable, encodePath(decode(pathname)), sorted(encodedPairs(search, leaveOut)));
  const literal = canonical(signable, pathname, sorted(literalPairs(search, leaveOut)));
  return strict === literal ? [strict] : [strict, literal];
}

function canonical(signable: Signable, path: string, query: string): string {
  const { method, signedHeaders, payloadHash } = signable;
  const lines = signedHeaders.map((name) => `${name}:${headerValue(signable, name)}\n`).join("");
  return [method, path, query, lines, signedHeaders.join(";"), payloadHash].join("\n");
}

function headerValue({ headers, url }: Signable, name: string): string {
  // A Request need not list its own host.
  const value = headers.get(name) ?? (name === "host" ? url.host : "");
  return value.trim().replace(/ +/g, " ");
}

const encodedPairs = (search: string, leaveOut: string | undefined) =>
  queryPairs(search)
    .filter(([name]) => name !== leaveOut)
    .map(([name, value]) => [encodeStrictly(name), encodeStrictly(value)] as const);

const literalPairs = (search: string, leaveOut: string | undefined) =>
  search
    .replace(/^\?/, "")
    .split("&")
    .filter((pair) => pair !== "" && pair.split("=")[0] !== leaveOut)
    .map((pair) => {
      const equals = pair.indexOf("=");
      return equals < 0 ? ([pair, ""] as const) : ([pair.slice(0, equals), pair.slice(equals + 1)] as const);
    });

// Encoded text is ASCII, so that comparing code units is comparing bytes.
const sorted = (pairs: readonly (readonly [string, string])[]): string =>
  [...pairs]
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const encodePath = (path: string) => encodeStrictly(path).replace(/%2F/g, "/");

/** RFC 3986: everything but the unreserved characters. */
export const encodeStrictly = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
