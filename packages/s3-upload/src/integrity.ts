import type { ChecksumAlgorithm, DigestAlgorithm, IntegrityOptions } from "@sluice/object-store";
import type { PartBytes } from "./part.js";

/** How the store is to check each part. Only digests that have a composite form, which many parts need. */
export type Integrity = Exclude<ChecksumAlgorithm, "crc64nvme"> | "md5" | "none";

/** The digest of one part's bytes, in the terms of a request. */
export async function digestFor(integrity: Integrity, part: PartBytes): Promise<IntegrityOptions> {
  if (integrity === "none") return {};
  const value = btoa(String.fromCharCode(...(await part.digest(integrity))));
  return integrity === "md5" ? { contentMd5: value } : { checksum: { algorithm: integrity, value } };
}

/** What has to be computed of each part; undefined for nothing. */
export const algorithmOf = (integrity: Integrity): DigestAlgorithm | undefined =>
  integrity === "none" ? undefined : integrity;

/** What a multipart upload is told in advance about the digests of its parts. */
export const announced = (integrity: Integrity): { checksumAlgorithm?: ChecksumAlgorithm } =>
  integrity === "none" || integrity === "md5" ? {} : { checksumAlgorithm: integrity };
