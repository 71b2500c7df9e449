import { compareUtf8 } from "@sluice/object-store";
import { type Answer, xmlAnswer } from "../answer.js";
import { type Exchange, numberIn } from "../exchange.js";
import { objectAt } from "../place.js";
import { element } from "../protocol/xml.js";
import { fromToken, spelling, toToken } from "./list-tokens.js";
import { checksumElements, typeName } from "./multipart.js";

export async function listParts(exchange: Exchange): Promise<Answer> {
  const place = await exchange.place();
  const { bucket, key, query } = exchange.asked;
  const { maxPageSize, maxParts } = place.store.limits;
  const uploadId = query.get("uploadId") ?? "";
  const after = numberIn(query, "part-number-marker", 0, maxParts);
  const limit = Math.min(numberIn(query, "max-parts", 0, 2 ** 31 - 1) ?? maxPageSize, maxPageSize);
  const page = await place.store.listParts(
    { ...objectAt(place, key), uploadId },
    { after, limit: Math.max(1, limit), signal: exchange.signal },
  );
  const parts = limit === 0 ? [] : page.parts;
  const { checksumAlgorithm, checksumType } = page;
  return xmlAnswer("ListPartsResult", [
    element("Bucket", bucket),
    element("Key", key),
    element("UploadId", uploadId),
    element("Initiator", exchange.ownerFields),
    element("Owner", exchange.ownerFields),
    element("ChecksumAlgorithm", checksumAlgorithm?.toUpperCase()),
    element("ChecksumType", typeName(checksumType)),
    element("PartNumberMarker", after ?? 0),
    element("NextPartNumberMarker", parts.at(-1)?.partNumber),
    element("MaxParts", limit),
    element("IsTruncated", limit > 0 && page.next !== undefined),
    element("StorageClass", "STANDARD"),
    ...parts.map((part) =>
      element("Part", [
        element("PartNumber", part.partNumber),
        element("LastModified", part.lastModified),
        element("ETag", part.etag),
        element("Size", part.size),
        ...checksumElements(part.checksum && { ...part.checksum, type: undefined }),
      ]),
    ),
  ]);
}

export async function listMultipartUploads(exchange: Exchange): Promise<Answer> {
  const place = await exchange.place();
  const { bucket, query } = exchange.asked;
  const { maxPageSize } = place.store.limits;
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") || undefined;
  const keyMarker = query.get("key-marker") || undefined;
  // An upload alone is no place in the order.
  const token = keyMarker === undefined ? undefined : query.get("upload-id-marker") || undefined;
  const limit = Math.min(numberIn(query, "max-uploads", 1, 2 ** 31 - 1) ?? maxPageSize, maxPageSize);
  const page = await place.store.listMultiparts(place.bucket, {
    prefix: place.prefix + prefix,
    delimiter,
    startAfter: keyMarker === undefined || token !== undefined ? undefined : place.prefix + keyMarker,
    continuation: token === undefined ? undefined : fromToken(token, "upload-id-marker"),
    limit,
    signal: exchange.signal,
  });
  const { text, encoding } = spelling(query.get("encoding-type"));
  const own = (key: string) => key.slice(place.prefix.length);
  const { uploads, commonPrefixes = [] } = page;
  const last = [uploads.at(-1)?.key, commonPrefixes.at(-1)]
    .filter((name) => name !== undefined)
    .sort(compareUtf8)
    .at(-1);
  const more = page.next !== undefined && last !== undefined;
  return xmlAnswer("ListMultipartUploadsResult", [
    element("Bucket", bucket),
    element("KeyMarker", text(keyMarker ?? "")),
    element("UploadIdMarker", token ?? ""),
    element("NextKeyMarker", more ? text(own(last)) : undefined),
    element("NextUploadIdMarker", more ? toToken(page.next) : undefined),
    element("Prefix", text(prefix)),
    element("Delimiter", delimiter === undefined ? undefined : text(delimiter)),
    element("EncodingType", encoding),
    element("MaxUploads", limit),
    element("IsTruncated", more),
    ...uploads.map((upload) =>
      element("Upload", [
        element("Key", text(own(upload.key))),
        element("UploadId", upload.uploadId),
        element("Initiator", exchange.ownerFields),
        element("Owner", exchange.ownerFields),
        element("StorageClass", "STANDARD"),
        element("Initiated", upload.initiated),
      ]),
    ),
    ...commonPrefixes.map((name) => element("CommonPrefixes", [element("Prefix", text(own(name)))])),
  ]);
}
