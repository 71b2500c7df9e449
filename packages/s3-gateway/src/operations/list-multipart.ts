import { type Answer, xmlAnswer } from "../answer.js";
import { type Exchange, numberIn } from "../exchange.js";
import { objectAt } from "../place.js";
import { S3Error } from "../protocol/s3-error.js";
import { element } from "../protocol/xml.js";
import { fromToken, spelling, toToken } from "./list-tokens.js";
import { checksumElements } from "./multipart.js";

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
  return xmlAnswer("ListPartsResult", [
    element("Bucket", bucket),
    element("Key", key),
    element("UploadId", uploadId),
    element("PartNumberMarker", after ?? 0),
    element("NextPartNumberMarker", page.next),
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
  const keyMarker = query.get("key-marker") || undefined;
  const token = query.get("upload-id-marker") || undefined;
  // The port goes on where a page ended, and from nowhere else.
  if (keyMarker !== undefined && token === undefined) {
    throw new S3Error(
      "NotImplemented",
      "key-marker is supported only together with the upload-id-marker of a page.",
    );
  }
  const limit = Math.min(numberIn(query, "max-uploads", 1, 2 ** 31 - 1) ?? maxPageSize, maxPageSize);
  const page = await place.store.listMultiparts(place.bucket, {
    prefix: place.prefix + prefix,
    continuation: token === undefined ? undefined : fromToken(token, "upload-id-marker"),
    limit,
    signal: exchange.signal,
  });
  const { text, encoding } = spelling(query.get("encoding-type"));
  const own = (key: string) => key.slice(place.prefix.length);
  const last = page.uploads.at(-1);
  const more = page.next !== undefined && last !== undefined;
  return xmlAnswer("ListMultipartUploadsResult", [
    element("Bucket", bucket),
    element("KeyMarker", text(keyMarker ?? "")),
    element("UploadIdMarker", token ?? ""),
    element("NextKeyMarker", more ? text(own(last.key)) : undefined),
    element("NextUploadIdMarker", more ? toToken(page.next) : undefined),
    element("Prefix", text(prefix)),
    element("EncodingType", encoding),
    element("MaxUploads", limit),
    element("IsTruncated", more),
    ...page.uploads.map((upload) =>
      element("Upload", [
        element("Key", text(own(upload.key))),
        element("UploadId", upload.uploadId),
        element("StorageClass", "STANDARD"),
        element("Initiated", upload.initiated),
      ]),
    ),
  ]);
}
