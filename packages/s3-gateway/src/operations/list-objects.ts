import { compareUtf8, type ListPage, utf8Size } from "@sluice/object-store";
import { type Answer, xmlAnswer } from "../answer.js";
import { type Exchange, numberIn } from "../exchange.js";
import type { Place } from "../place.js";
import { S3Error } from "../protocol/s3-error.js";
import { element, type Markup } from "../protocol/xml.js";
import { fromToken, spelling, toToken } from "./list-tokens.js";

export async function listObjectsV2(exchange: Exchange): Promise<Answer> {
  const wish = await wishOf(exchange);
  const { query, limit, text } = wish;
  const token = query.get("continuation-token");
  if (token === "") throw new S3Error("InvalidArgument", "The continuation token provided is incorrect.");
  const startAfter = query.get("start-after") || undefined;
  const page = await pageOf(exchange, wish, {
    continuation: token === undefined ? undefined : fromToken(token, "continuation token"),
    startAfter: token === undefined ? startAfter : undefined,
  });
  const more = limit > 0 && page.next !== undefined;
  return xmlAnswer("ListBucketResult", [
    ...about(exchange, wish),
    element("KeyCount", page.objects.length + page.commonPrefixes.length),
    element("IsTruncated", more),
    element("ContinuationToken", token),
    element("NextContinuationToken", more ? toToken(page.next!) : undefined),
    element("StartAfter", startAfter === undefined ? undefined : text(startAfter)),
    ...entries(page, wish, query.get("fetch-owner") === "true" ? exchange.ownerFields : undefined),
  ]);
}

/** The first version of the call, in which a client goes on from a key and not from a token. */
export async function listObjects(exchange: Exchange): Promise<Answer> {
  const wish = await wishOf(exchange);
  const { query, limit, text, place } = wish;
  const marker = query.get("marker") || undefined;
  const page = await pageOf(exchange, wish, {
    startAfter: marker === undefined ? undefined : past(marker, wish),
  });
  const last = [page.objects.at(-1)?.key, page.commonPrefixes.at(-1)]
    .filter((key) => key !== undefined)
    .sort(compareUtf8)
    .at(-1);
  const more = limit > 0 && page.next !== undefined && last !== undefined;
  return xmlAnswer("ListBucketResult", [
    ...about(exchange, wish),
    element("Marker", text(marker ?? "")),
    // Without a delimiter, clients go on from the last key.
    element("NextMarker", more && wish.delimiter ? text(last.slice(place.prefix.length)) : undefined),
    element("IsTruncated", more),
    ...entries(page, wish, exchange.ownerFields),
  ]);
}

interface Wish {
  readonly query: ReadonlyMap<string, string>;
  readonly place: Place;
  readonly prefix: string;
  readonly delimiter: string | undefined;
  readonly limit: number;
  readonly encoding?: "url" | undefined;
  readonly text: (key: string) => string;
}

async function wishOf(exchange: Exchange): Promise<Wish> {
  const { query } = exchange.asked;
  const place = await exchange.place();
  const { maxPageSize } = place.store.limits;
  return {
    query,
    place,
    prefix: query.get("prefix") ?? "",
    delimiter: query.get("delimiter") || undefined,
    limit: Math.min(numberIn(query, "max-keys", 0, 2 ** 31 - 1) ?? maxPageSize, maxPageSize),
    ...spelling(query.get("encoding-type")),
  };
}

async function pageOf(
  exchange: Exchange,
  { place, prefix, delimiter, limit }: Wish,
  from: { readonly startAfter?: string | undefined; readonly continuation?: string | undefined },
): Promise<ListPage> {
  const page = await place.store.list(place.bucket, {
    prefix: place.prefix + prefix,
    delimiter,
    startAfter: from.startAfter === undefined ? undefined : place.prefix + from.startAfter,
    continuation: from.continuation,
    limit: Math.max(1, limit),
    signal: exchange.signal,
  });
  return limit === 0 ? { objects: [], commonPrefixes: [] } : page;
}

const about = (exchange: Exchange, { prefix, delimiter, limit, encoding, text }: Wish): readonly Markup[] => [
  element("Name", exchange.asked.bucket),
  element("Prefix", text(prefix)),
  element("Delimiter", delimiter === undefined ? undefined : text(delimiter)),
  element("MaxKeys", limit),
  element("EncodingType", encoding),
];

const entries = (
  page: ListPage,
  { text, place }: Wish,
  owner: readonly Markup[] | undefined,
): readonly Markup[] => [
  ...page.objects.map((object) =>
    element("Contents", [
      element("Key", text(object.key.slice(place.prefix.length))),
      element("LastModified", object.lastModified),
      element("ETag", object.etag),
      element("Size", object.size),
      element("Owner", owner),
      element("StorageClass", object.storageClass ?? "STANDARD"),
    ]),
  ),
  ...page.commonPrefixes.map((prefix) =>
    element("CommonPrefixes", [element("Prefix", text(prefix.slice(place.prefix.length)))]),
  ),
];

// A page can end in a common prefix. Going on after it means after all keys that begin with it, or the same
// prefix would come again, for ever.
function past(marker: string, { prefix, delimiter, place }: Wish): string {
  const at = delimiter === undefined ? -1 : marker.indexOf(delimiter, prefix.length);
  const rolledUp = at >= 0 && marker.startsWith(prefix) && at + delimiter!.length === marker.length;
  if (!rolledUp) return marker;
  const room = place.store.limits.maxKeySize - utf8Size(place.prefix + marker);
  return marker + "\u{10ffff}".repeat(Math.max(0, Math.floor(room / 4)));
}
