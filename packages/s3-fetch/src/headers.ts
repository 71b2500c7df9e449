import type { XmlElement } from "@rgrove/parse-xml";
import {
  type Checksum,
  type ChecksumAlgorithm,
  type IntegrityOptions,
  InvalidValueError,
  type ObjectHeaders,
  type ObjectInfo,
  type ReadConditions,
  type SourceConditions,
  StoreError,
} from "@sluice/object-store";
import { textOf } from "./xml.js";

//  The port's fields as headers, and back.

/** Those that are `undefined` are left out. */
export type RequestHeaders = Readonly<Record<string, string | number | undefined>>;

/** As they are signed and sent. What HTTP cannot carry, or every server reads in its own way, is refused. */
export function asciiHeaders(headers: RequestHeaders): Readonly<Record<string, string>> {
  const checked: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) {
      throw new InvalidValueError("the name of a header", name, "letters, digits and hyphens");
    }
    if (!/^[\t\x20-\x7e]*$/.test(String(value)))
      throw new InvalidValueError(name, value, "ASCII in one line");
    checked[name.toLowerCase()] = String(value);
  }
  return checked;
}

/** The kind of a checksum, as S3 calls it. */
export const checksumTypeHeader = (type: Checksum["type"]): RequestHeaders => ({
  "x-amz-checksum-type": type && (type === "composite" ? "COMPOSITE" : "FULL_OBJECT"),
});

const ALGORITHMS: readonly ChecksumAlgorithm[] = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"];

export const integrityHeaders = ({ contentMd5, checksum }: IntegrityOptions): RequestHeaders => ({
  "content-md5": contentMd5,
  ...(checksum && { [`x-amz-checksum-${checksum.algorithm}`]: checksum.value }),
});

export const conditionHeaders = ({
  ifMatch,
  ifNoneMatch,
  ifModifiedSince,
  ifUnmodifiedSince,
}: ReadConditions): RequestHeaders => ({
  "if-match": ifMatch,
  "if-none-match": ifNoneMatch,
  "if-modified-since": ifModifiedSince?.toUTCString(),
  "if-unmodified-since": ifUnmodifiedSince?.toUTCString(),
});

export const sourceConditionHeaders = (options: SourceConditions): RequestHeaders => ({
  "x-amz-copy-source-if-match": options.sourceIfMatch,
  "x-amz-copy-source-if-none-match": options.sourceIfNoneMatch,
  "x-amz-copy-source-if-modified-since": options.sourceIfModifiedSince?.toUTCString(),
  "x-amz-copy-source-if-unmodified-since": options.sourceIfUnmodifiedSince?.toUTCString(),
});

export const objectHeaders = (headers: ObjectHeaders): RequestHeaders => ({
  "content-type": headers.contentType,
  "content-encoding": headers.contentEncoding,
  "content-disposition": headers.contentDisposition,
  "content-language": headers.contentLanguage,
  "cache-control": headers.cacheControl,
  expires: headers.expires?.toUTCString(),
  ...Object.fromEntries(
    Object.entries(headers.metadata ?? {}).map(([name, value]) => [`x-amz-meta-${name}`, value]),
  ),
});

/** The digest that a store has answered with, if it knows any; `name` gives the spelling in a header or in XML. */
function checksumOf(said: (name: string) => string | null | undefined): Checksum | undefined {
  for (const algorithm of ALGORITHMS) {
    const value = said(algorithm);
    if (value) {
      const composite = said("type") === "COMPOSITE" || /-\d+$/.test(value);
      return { algorithm, value, type: composite ? "composite" : "full-object" };
    }
  }
  return undefined;
}

const checksumIn = (headers: Headers) => checksumOf((name) => headers.get(`x-amz-checksum-${name}`));

export const checksumInXml = (parent: XmlElement) =>
  checksumOf((name) => textOf(parent, `Checksum${name === "type" ? "Type" : name.toUpperCase()}`));

/** With its quotes, which some stores leave out in XML; empty where the store has not said. */
export const etagOf = (etag: string | null | undefined): string =>
  !etag || etag.endsWith('"') ? (etag ?? "") : `"${etag}"`;

/** How a store says it has encrypted. */
export const encryptionIn = (headers: Headers): string | undefined =>
  headers.has("x-amz-server-side-encryption-customer-algorithm")
    ? "customer"
    : (headers.get("x-amz-server-side-encryption") ?? undefined);

/** What an answer to PUT says. */
export const resultIn = (headers: Headers) => ({
  etag: etagOf(headers.get("etag")),
  versionId: headers.get("x-amz-version-id") ?? undefined,
  checksum: checksumIn(headers),
  encryption: encryptionIn(headers),
});

/** What an answer to GET or HEAD says of the object. */
export function infoIn(headers: Headers, size: number): ObjectInfo {
  const said = (name: string) => headers.get(name) ?? undefined;
  const parts = said("x-amz-mp-parts-count");
  const tags = said("x-amz-tagging-count");
  const expires = new Date(said("expires") ?? Number.NaN);
  const { encryption: _, ...told } = resultIn(headers);
  const metadata: Record<string, string> = {};
  headers.forEach((value, name) => {
    if (name.startsWith("x-amz-meta-")) metadata[name.slice(11)] = value;
  });
  return {
    ...told,
    size,
    lastModified: new Date(said("last-modified") ?? 0),
    partsCount: parts === undefined ? undefined : Number(parts),
    tagCount: tags === undefined ? undefined : Number(tags),
    contentType: said("content-type"),
    contentEncoding: said("content-encoding"),
    contentDisposition: said("content-disposition"),
    contentLanguage: said("content-language"),
    cacheControl: said("cache-control"),
    expires: Number.isNaN(expires.getTime()) ? undefined : expires,
    storageClass: said("x-amz-storage-class"),
    metadata,
  };
}

/** The same of an answer about one part. */
export function infoOfPart(status: number, headers: Headers): ObjectInfo {
  const { start, end, size } = extentIn(headers);
  const { checksum, ...info } = infoIn(headers, size);
  if (!headers.has("content-range")) {
    if (status !== 206) return { ...info, checksum };
    throw new StoreError("InternalError", "the store answered with a part, and not which bytes it is", {
      retryable: false,
    });
  }
  // Amazon calls a part's own checksum what that of the object is. What ends in -N is really the object's.
  const own = checksum && !/-\d+$/.test(checksum.value);
  return {
    ...info,
    part: { range: { start, end }, checksum: own ? { ...checksum, type: "full-object" } : undefined },
  };
}

/** The bytes of an answer, and the size of the whole object they belong to. */
export function extentIn(headers: Headers): { start: number; end: number; size: number } {
  const said = headers.get("content-range");
  if (said === null) {
    const length = headers.get("content-length") ?? "";
    if (!/^\d+$/.test(length)) {
      throw new StoreError("InternalError", "the store answered without a Content-Length");
    }
    return { start: 0, end: Number(length) - 1, size: Number(length) };
  }
  const [, start, end, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(said)?.map(Number) ?? [];
  if (start === undefined || end === undefined || size === undefined) {
    throw new StoreError("InternalError", `the store answered with Content-Range ${said}`);
  }
  return { start, end, size };
}
