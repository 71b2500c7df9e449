import { bucketOfHost } from "./domain.js";
import { S3Error } from "./s3-error.js";

/** What a request is about, decoded. */
export interface RequestTarget {
  /** Empty for the service itself. */
  readonly bucket: string;
  /** Empty for the bucket itself. */
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
}

/** Takes a URL apart into bucket, key and query: the bucket stands in the path, or before one of our own domains. */
export function parseTarget({ hostname, pathname, search }: URL, domains: readonly string[]): RequestTarget {
  const hosted = bucketOfHost(hostname, domains);
  const path = hosted === undefined ? pathname : `/${hosted}${pathname}`;
  const slash = path.indexOf("/", 1);
  const bucket = decode(slash < 0 ? path.slice(1) : path.slice(1, slash));
  const key = slash < 0 ? "" : decode(path.slice(slash + 1));
  if (bucket === "" ? key !== "" : !isBucketName(bucket)) {
    throw new S3Error("InvalidBucketName", "The specified bucket is not valid.");
  }
  return { bucket, key, query: parseQuery(search) };
}

/** The pairs of a query, decoded, in their order. */
export const queryPairs = (search: string): readonly (readonly [string, string])[] =>
  search
    .replace(/^\?/, "")
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const equals = pair.indexOf("=");
      const name = equals < 0 ? pair : pair.slice(0, equals);
      const value = equals < 0 ? "" : pair.slice(equals + 1);
      return [decodeForm(name), decodeForm(value)] as const;
    });

/** Decodes percent-encoded UTF-8. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new S3Error("InvalidURI", "Couldn't parse the specified URI.", { cause });
  }
}

const decodeForm = (text: string) => decode(text.replace(/\+/g, " "));

function parseQuery(search: string): ReadonlyMap<string, string> {
  const query = new Map<string, string>();
  for (const [name, value] of queryPairs(search)) {
    // Of two values, one would be checked and the other one used, sooner or later.
    if (query.has(name)) throw new S3Error("InvalidArgument", "A query parameter was given more than once.");
    query.set(name, value);
  }
  return query;
}

// Wider than S3's own rule, since older stores have names with capitals; the store may refuse more.
const isBucketName = (name: string) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(name) && !name.includes("..");
