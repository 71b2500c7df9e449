import type {
  Checksum,
  ChecksumAlgorithm,
  ComputedChecksumOptions,
  IntegrityOptions,
} from "@sluice/object-store";
import type { Operation } from "../protocol/operation.js";
import { S3Error } from "../protocol/s3-error.js";

export const CHECKSUM_ALGORITHMS: readonly ChecksumAlgorithm[] = [
  "crc32",
  "crc32c",
  "crc64nvme",
  "sha1",
  "sha256",
];

/** The checksum that the headers of a request carry. */
export function checksumOf(headers: Headers): Checksum | undefined {
  let found: Checksum | undefined;
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const value = headers.get(`x-amz-checksum-${algorithm}`);
    if (value === null) continue;
    if (found !== undefined) {
      throw new S3Error(
        "InvalidRequest",
        "Expecting a single x-amz-checksum- header. Multiple checksum types are not allowed.",
      );
    }
    found = { algorithm, value };
  }
  return found;
}

/**
 * What the headers of a write say of its body. A checksum that follows behind the body is checked here, and is for the
 * store to compute once more, which learns of it too late.
 */
export function integrityIn(
  headers: Headers,
  trailer: ChecksumAlgorithm | undefined,
): IntegrityOptions & ComputedChecksumOptions {
  const checksum = checksumOf(headers);
  if (checksum !== undefined && trailer !== undefined) {
    throw new S3Error(
      "InvalidRequest",
      "Expecting a single x-amz-checksum- header, and no trailer beside it.",
    );
  }
  const named = checksumAlgorithm(headers.get("x-amz-sdk-checksum-algorithm"));
  const found = checksum?.algorithm ?? trailer;
  if (named !== undefined && found === undefined) {
    throw new S3Error(
      "InvalidRequest",
      "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.",
    );
  }
  if (named !== undefined && named !== found) {
    throw new S3Error("InvalidRequest", "Value for x-amz-sdk-checksum-algorithm header is invalid.");
  }
  return { contentMd5: headers.get("content-md5") ?? undefined, checksum, checksumAlgorithm: trailer };
}

/** What a control operation says of its own body. The checksum of a completion is the object's. */
export const controlDigests = (operation: Operation, headers: Headers): IntegrityOptions => ({
  contentMd5: headers.get("content-md5") ?? undefined,
  checksum: operation === "CompleteMultipartUpload" ? undefined : checksumOf(headers),
});

/** The algorithm that a header names, in whatever case. */
export function checksumAlgorithm(name: string | null): ChecksumAlgorithm | undefined {
  if (name === null) return undefined;
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === name.toLowerCase());
  if (algorithm === undefined)
    throw new S3Error("InvalidRequest", "Checksum algorithm provided is unsupported.");
  return algorithm;
}

/** What a header says the checksum of an object made of parts is of. */
export function checksumType(name: string | undefined): Checksum["type"] {
  if (name === undefined) return undefined;
  const type = ({ FULL_OBJECT: "full-object", COMPOSITE: "composite" } as const)[name.toUpperCase()];
  if (type === undefined) throw new S3Error("InvalidRequest", "Checksum type provided is unsupported.");
  return type;
}

/** The headers that tell a client about a checksum. */
export function checksumHeaders(checksum: Checksum | undefined): Readonly<Record<string, string>> {
  if (checksum === undefined) return {};
  return {
    [`x-amz-checksum-${checksum.algorithm}`]: checksum.value,
    "x-amz-checksum-type": checksum.type === "composite" ? "COMPOSITE" : "FULL_OBJECT",
  };
}
