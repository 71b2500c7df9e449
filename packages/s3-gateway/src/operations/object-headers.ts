import type { Checksum, ObjectHeaders, ObjectInfo, WriteConditions } from "@sluice/object-store";
import { checksumHeaders } from "../body/integrity.js";
import type { Exchange } from "../exchange.js";
import { S3Error } from "../protocol/s3-error.js";

const META = "x-amz-meta-";

/** What a request wants to be kept with the object. */
export function keptHeaders(exchange: Exchange): ObjectHeaders {
  const { headers } = exchange;
  // Accepting it and not giving it back would be losing it.
  if (headers.has("expires")) {
    throw new S3Error(
      "NotImplemented",
      "A header you provided implies functionality that is not implemented: Expires.",
    );
  }
  const metadata: Record<string, string> = {};
  for (const [name, value] of headers) if (name.startsWith(META)) metadata[name.slice(META.length)] = value;
  return {
    contentType: exchange.header("content-type"),
    contentEncoding: withoutFraming(exchange.header("content-encoding")),
    contentDisposition: exchange.header("content-disposition"),
    contentLanguage: exchange.header("content-language"),
    cacheControl: exchange.header("cache-control"),
    metadata,
  };
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
    expires: override("expires"),
    "last-modified": info.lastModified.toUTCString(),
    "x-amz-mp-parts-count": info.partsCount === undefined ? undefined : String(info.partsCount),
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

/** An ETag with its quotes, which some clients leave out. */
export function quoted(etag: string): string;
export function quoted(etag: string | undefined): string | undefined;
export function quoted(etag: string | undefined): string | undefined {
  if (etag === undefined || etag === "*" || /["]/.test(etag)) return etag;
  return `"${etag}"`;
}

/** The conditions of a write. */
export function writeConditions(exchange: Exchange): WriteConditions {
  const ifMatch = quoted(exchange.header("if-match"));
  const ifNoneMatch = exchange.header("if-none-match");
  if (ifNoneMatch !== undefined && ifNoneMatch !== "*") {
    throw new S3Error("NotImplemented", "If-None-Match of a write must be *.");
  }
  return { ifMatch, ifNoneMatch };
}
