import { type ChecksumAlgorithm, digestOf, type IntegrityOptions } from "@sluice/object-store";

/** How the store is to check each part. Only digests that have a composite form, which many parts need. */
export type Integrity = Exclude<ChecksumAlgorithm, "crc64nvme"> | "md5" | "none";

/** The digest of one part's bytes, in the terms of a request. */
export async function digestFor(integrity: Integrity, bytes: Uint8Array): Promise<IntegrityOptions> {
  if (integrity === "none") return {};
  const value = btoa(String.fromCharCode(...(await digestOf(integrity, bytes))));
  return integrity === "md5" ? { contentMd5: value } : { checksum: { algorithm: integrity, value } };
}

/** What a multipart upload is told in advance about the digests of its parts. */
export const announced = (integrity: Integrity): { checksumAlgorithm?: ChecksumAlgorithm } =>
  integrity === "none" || integrity === "md5" ? {} : { checksumAlgorithm: integrity };
