import type { Checksum, ObjectHeaders, ObjectInfo, ObjectLabels } from "@sluice/object-store";
import { checksumHeaders } from "../body/integrity.js";
import type { Exchange } from "../exchange.js";
import { S3Error } from "../protocol/s3-error.js";
import { tagsInHeader } from "./tagging.js";

const META = "x-amz-meta-";

/** What a request wants to be kept with the object. */
export function keptHeaders(exchange: Exchange): ObjectHeaders {
  const { headers } = exchange;
  const metadata: Record<string, string> = {};
  for (const [name, value] of headers) if (name.startsWith(META)) metadata[name.slice(META.length)] = value;
  return {
    contentType: exchange.header("content-type"),
    contentEncoding: withoutFraming(exchange.header("content-encoding")),
    contentDisposition: exchange.header("content-disposition"),
    contentLanguage: exchange.header("content-language"),
    cacheControl: exchange.header("cache-control"),
    expires: expiresIn(exchange.header("expires")),
    metadata,
  };
}

/** What else it is to be kept with. */
export function labels(exchange: Exchange): ObjectLabels {
  const storageClass = exchange.header("x-amz-storage-class");
  if (storageClass !== undefined && !STORAGE_CLASSES.has(storageClass)) {
    throw new S3Error("InvalidStorageClass", "The storage class you specified is not valid.");
  }
  return { storageClass, tags: tagsInHeader(exchange.header("x-amz-tagging")) };
}

const STORAGE_CLASSES: ReadonlySet<string> = new Set([
  "STANDARD",
  "REDUCED_REDUNDANCY",
  "STANDARD_IA",
  "ONEZONE_IA",
  "INTELLIGENT_TIERING",
  "GLACIER",
  "GLACIER_IR",
  "DEEP_ARCHIVE",
  "EXPRESS_ONEZONE",
  "OUTPOSTS",
  "SNOW",
]);

// S3 keeps whatever text it is; the port keeps a date, and what is none would be lost.
function expiresIn(header: string | undefined): Date | undefined {
  if (header === undefined) return undefined;
  const date = new Date(/^[A-Z][a-z]+,? |^\d{4}-\d\d-\d\dT/.test(header) ? header : Number.NaN);
  if (!Number.isNaN(date.getTime())) return date;
  throw new S3Error("InvalidArgument", "Expires must be a date as HTTP has it.");
}

// `aws-chunked` is how the body came, and not what it is.
function withoutFraming(encoding: string | undefined): string | undefined {
  const left = encoding
    ?.split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && name.toLowerCase() !== "aws-chunked");
  return left === undefined || left.length === 0 ? undefined : left.join(",");
}

/** The headers that tell a client about an object, with the checksum of what it gets of it. */
export function infoHeaders(
  info: ObjectInfo,
  exchange: Exchange,
  checksum: Checksum | undefined,
): Record<string, string | undefined> {
  const override = (name: string) => exchange.asked.query.get(`response-${name}`);
  const tagCount = info.tagCount ?? Object.keys(info.tags ?? {}).length;
  const checked = exchange.header("x-amz-checksum-mode")?.toUpperCase() === "ENABLED";
  return {
    ...Object.fromEntries(
      Object.entries(info.metadata ?? {}).map(([name, value]) => [META + name, asciiOf(value)]),
    ),
    ...(checked ? checksumHeaders(checksum) : {}),
    "accept-ranges": "bytes",
    "cache-control": override("cache-control") ?? info.cacheControl,
    "content-disposition": override("content-disposition") ?? info.contentDisposition,
    "content-encoding": override("content-encoding") ?? info.contentEncoding,
    "content-language": override("content-language") ?? info.contentLanguage,
    "content-type": override("content-type") ?? info.contentType ?? "binary/octet-stream",
    etag: info.etag,
    expires: override("expires") ?? info.expires?.toUTCString(),
    "last-modified": info.lastModified.toUTCString(),
    "x-amz-mp-parts-count": info.partsCount === undefined ? undefined : String(info.partsCount),
    // S3 names a class only if it is not the default one.
    "x-amz-storage-class": info.storageClass === "STANDARD" ? undefined : info.storageClass,
    "x-amz-tagging-count": tagCount > 0 ? String(tagCount) : undefined,
    "x-amz-version-id": info.versionId,
  };
}

/** Refuses replacements of headers that no header can carry, before there is a body that nobody would read. */
export function checkOverrides(query: ReadonlyMap<string, string>): void {
  for (const [name, value] of query) {
    if (!name.startsWith("response-") || HEADER_TEXT.test(value)) continue;
    throw new S3Error("InvalidArgument", `The value of ${name} cannot stand in a header.`);
  }
}

const HEADER_TEXT = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;

// A store may have metadata that no header can carry; S3 writes it as RFC 2047 says.
function asciiOf(value: string): string {
  if (HEADER_TEXT.test(value)) return value;
  const bytes = new TextEncoder().encode(value);
  return `=?UTF-8?B?${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))}?=`;
}
