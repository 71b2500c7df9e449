import type {
  CopyObjectRequest,
  GetObjectOutput,
  PutObjectRequest,
  ChecksumAlgorithm as SdkAlgorithm,
} from "@aws-sdk/client-s3";
import {
  type Checksum,
  type ChecksumAlgorithm,
  type IntegrityOptions,
  type ObjectHeaders,
  type ObjectInfo,
  type ObjectSource,
  type ReadConditions,
  type SourceConditions,
  StoreError,
} from "@sluice/object-store";

//  The port's fields in the SDK's words, and back.

type SdkChecksums = Pick<
  PutObjectRequest,
  "ChecksumCRC32" | "ChecksumCRC32C" | "ChecksumCRC64NVME" | "ChecksumSHA1" | "ChecksumSHA256"
>;

const ALGORITHMS = {
  crc32: ["CRC32", "ChecksumCRC32"],
  crc32c: ["CRC32C", "ChecksumCRC32C"],
  crc64nvme: ["CRC64NVME", "ChecksumCRC64NVME"],
  sha1: ["SHA1", "ChecksumSHA1"],
  sha256: ["SHA256", "ChecksumSHA256"],
} as const satisfies Record<ChecksumAlgorithm, readonly [SdkAlgorithm, keyof SdkChecksums]>;

export const sdkChecksumType = (type: Checksum["type"]) =>
  type && (type === "composite" ? "COMPOSITE" : "FULL_OBJECT");

export const sdkAlgorithm = (algorithm: ChecksumAlgorithm): SdkAlgorithm => ALGORITHMS[algorithm][0];

export const sdkChecksum = (checksum: Checksum | undefined): SdkChecksums =>
  checksum === undefined ? {} : { [ALGORITHMS[checksum.algorithm][1]]: checksum.value };

export const sdkIntegrity = ({ contentMd5, checksum }: IntegrityOptions) => ({
  ContentMD5: contentMd5,
  ...sdkChecksum(checksum),
});

export const sdkConditions = (conditions: ReadConditions) => ({
  IfMatch: conditions.ifMatch,
  IfNoneMatch: conditions.ifNoneMatch,
  IfModifiedSince: conditions.ifModifiedSince,
  IfUnmodifiedSince: conditions.ifUnmodifiedSince,
});

export const sdkSourceConditions = (options: SourceConditions) =>
  ({
    CopySourceIfMatch: options.sourceIfMatch,
    CopySourceIfNoneMatch: options.sourceIfNoneMatch,
    CopySourceIfModifiedSince: options.sourceIfModifiedSince,
    CopySourceIfUnmodifiedSince: options.sourceIfUnmodifiedSince,
  }) satisfies Partial<CopyObjectRequest>;

export const sdkHeaders = (headers: ObjectHeaders) => ({
  ContentType: headers.contentType,
  ContentEncoding: headers.contentEncoding,
  ContentDisposition: headers.contentDisposition,
  ContentLanguage: headers.contentLanguage,
  CacheControl: headers.cacheControl,
  Expires: headers.expires,
  Metadata: headers.metadata && { ...headers.metadata },
});

/** The digest that a store has answered with, if it knows any. */
export function checksumOf(
  output: SdkChecksums & { ChecksumType?: string | undefined },
): Checksum | undefined {
  for (const algorithm of Object.keys(ALGORITHMS) as ChecksumAlgorithm[]) {
    const value = output[ALGORITHMS[algorithm][1]];
    if (value) {
      const composite = output.ChecksumType === "COMPOSITE" || /-\d+$/.test(value);
      return { algorithm, value, type: composite ? "composite" : "full-object" };
    }
  }
  return undefined;
}

/** With its quotes, which some stores leave out in XML; empty where the store has not said. */
export const etagOf = (etag: string | undefined): string =>
  !etag || etag.endsWith('"') ? (etag ?? "") : `"${etag}"`;

/** What an answer to GET or HEAD says of the object. */
export function infoOf(output: Omit<GetObjectOutput, "Body">, size: number): ObjectInfo {
  return {
    size,
    etag: etagOf(output.ETag),
    lastModified: output.LastModified ?? new Date(0),
    versionId: output.VersionId,
    checksum: checksumOf(output),
    partsCount: output.PartsCount,
    tagCount: output.TagCount,
    contentType: output.ContentType,
    contentEncoding: output.ContentEncoding,
    contentDisposition: output.ContentDisposition,
    contentLanguage: output.ContentLanguage,
    cacheControl: output.CacheControl,
    expires: dateOf(output.ExpiresString),
    storageClass: output.StorageClass,
    metadata: output.Metadata ?? {},
  };
}

/** The same of an answer about one part. */
export function infoOfPart(
  output: Omit<GetObjectOutput, "Body"> & { readonly $metadata: { readonly httpStatusCode?: number } },
  { start, end, size }: { readonly start: number; readonly end: number; readonly size: number },
): ObjectInfo {
  const { checksum, ...info } = infoOf(output, size);
  if (output.ContentRange === undefined) {
    if (output.$metadata.httpStatusCode !== 206) return { ...info, checksum };
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

// Kept as it was given, so it may be anything.
function dateOf(text: string | undefined): Date | undefined {
  const date = new Date(text ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** The bytes of an answer, and the size of the whole object they belong to. */
export function extentOf(output: Pick<GetObjectOutput, "ContentRange" | "ContentLength">): {
  start: number;
  end: number;
  size: number;
} {
  if (output.ContentRange === undefined) {
    const size = output.ContentLength ?? 0;
    return { start: 0, end: size - 1, size };
  }
  const [, start, end, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(output.ContentRange)?.map(Number) ?? [];
  if (start === undefined || end === undefined || size === undefined) {
    throw new StoreError("InternalError", `the store answered with Content-Range ${output.ContentRange}`);
  }
  return { start, end, size };
}

/** What is to be copied, as the header that names it wants it encoded. */
export function copySourceOf({ bucket, key, versionId }: ObjectSource): string {
  const version = versionId === undefined ? "" : `?versionId=${encodeURIComponent(versionId)}`;
  return `${bucket}/${key.split("/").map(encodeURIComponent).join("/")}${version}`;
}

/** A key of a listing that was asked for with `encoding-type=url`, if the store has heeded it. */
export const decodedKey = (key: string | undefined, encoding: string | undefined): string =>
  encoding === "url" ? decodeURIComponent((key ?? "").replaceAll("+", " ")) : (key ?? "");
