import type { Checksum, ChecksumAlgorithm } from "@sluice/object-store";
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

/** The algorithm that a header names, in whatever case. */
export function checksumAlgorithm(name: string | null): ChecksumAlgorithm | undefined {
  if (name === null) return undefined;
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === name.toLowerCase());
  if (algorithm === undefined)
    throw new S3Error("InvalidRequest", "Checksum algorithm provided is unsupported.");
  return algorithm;
}

/** The headers that tell a client about a checksum. */
export function checksumHeaders(checksum: Checksum | undefined): Readonly<Record<string, string>> {
  if (checksum === undefined) return {};
  return {
    [`x-amz-checksum-${checksum.algorithm}`]: checksum.value,
    "x-amz-checksum-type": checksum.type === "composite" ? "COMPOSITE" : "FULL_OBJECT",
  };
}
