import type { XmlElement } from "@rgrove/parse-xml";
import { type ListOptions, type ListPage, StoreError } from "@sluice/object-store";
import type { Client } from "./client.js";
import { exchangeXml } from "./document.js";
import { etagOf } from "./headers.js";
import { elements, textOf } from "./xml.js";

/** One page of a bucket's objects. */
export async function pageOf(client: Client, bucket: string, options: ListOptions = {}): Promise<ListPage> {
  const { signal, prefix, delimiter, startAfter, continuation, limit, expectedBucketOwner: owner } = options;
  const query = {
    "list-type": 2,
    prefix,
    delimiter,
    "start-after": startAfter,
    "continuation-token": continuation,
    "max-keys": limit,
    "encoding-type": encodingFor(client),
  };
  const ask = { method: "GET", bucket, query, signal, owner, notFound: "NoSuchBucket" } as const;
  const { root } = await exchangeXml(client, ask, "ListBucketResult");
  const decoded = keyDecoder(textOf(root, "EncodingType"));
  return {
    objects: elements(root, "Contents").map((entry) => ({
      key: decoded(textOf(entry, "Key")),
      size: Number(textOf(entry, "Size") ?? 0),
      etag: etagOf(textOf(entry, "ETag")),
      lastModified: new Date(textOf(entry, "LastModified") ?? 0),
    })),
    commonPrefixes: elements(root, "CommonPrefixes").map((entry) => decoded(textOf(entry, "Prefix"))),
    next: nextOf(root, "NextContinuationToken"),
  };
}

// XML has no way to write every key that S3 allows.
export const encodingFor = ({ quirks }: Client): string | undefined =>
  quirks.encodedListings ? "url" : undefined;

/** Reads keys of a listing that was asked for with `encoding-type=url`, if the store has heeded it. */
export const keyDecoder =
  (encoding: string | undefined) =>
  (key = ""): string => {
    if (encoding !== "url") return key;
    try {
      return decodeURIComponent(key.replaceAll("+", " "));
    } catch (cause) {
      throw new StoreError("InternalError", "the store listed a key that is not encoded right", { cause });
    }
  };

/** Where a page that is not the last says that the next one begins. Without that it must not pass for the last. */
export function nextOf(page: XmlElement, name: string): string | undefined {
  if (textOf(page, "IsTruncated") !== "true") return undefined;
  const next = textOf(page, name);
  if (next) return next;
  throw new StoreError("InternalError", `the store has more to list, but gave no ${name}`, {
    retryable: false,
  });
}
