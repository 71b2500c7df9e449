import {
  type Checksum,
  type ChecksumAlgorithm,
  combineChecksums,
  type DigestAlgorithm,
  digestOf,
  type IntegrityOptions,
  isCombinable,
  type PartInfo,
} from "@sluice/object-store";
import { fromBase64, toBase64 } from "./encoding.js";
import type { PartBytes } from "./part.js";

/** How the store is to check each part; by all but the last two, it also checks the object. */
export type Integrity = ChecksumAlgorithm | "md5" | "none";

/** Of all bytes, combined from the parts' CRCs, or of the parts' checksums. */
export type ChecksumType = NonNullable<Checksum["type"]>;

/** The digest of one part, and how many bytes it is of. */
export interface PartDigest {
  /** Base64; empty if it is not known. */
  readonly value: string;
  readonly size: number;
}

/** The digest of one part's bytes, base64; undefined if there is to be none. */
export async function digestFor(integrity: Integrity, part: PartBytes): Promise<string | undefined> {
  return integrity === "none" ? undefined : toBase64(await part.digest(integrity));
}

/** What has to be computed of each part; undefined for nothing. */
export const algorithmOf = (integrity: Integrity): DigestAlgorithm | undefined =>
  integrity === "none" ? undefined : integrity;

/** A digest in the terms of a request. */
export function sentAs(integrity: Integrity, value: string | undefined): IntegrityOptions {
  if (value === undefined || integrity === "none") return {};
  return integrity === "md5" ? { contentMd5: value } : { checksum: { algorithm: integrity, value } };
}

/** The kind of checksum that the object will have; of the full object where that is possible, unless told otherwise. */
export function checksumTypeOf(
  integrity: Integrity,
  asked: ChecksumType | undefined,
): ChecksumType | undefined {
  if (integrity === "md5" || integrity === "none") return undefined;
  return asked ?? (isCombinable(integrity) ? "full-object" : "composite");
}

/** The checksum of the object that the parts make, of the one kind or the other; undefined if it cannot be known. */
export async function wholeChecksum(
  integrity: Integrity,
  type: ChecksumType | undefined,
  parts: readonly PartDigest[],
): Promise<Checksum | undefined> {
  if (integrity === "md5" || integrity === "none" || type === undefined) return undefined;
  if (parts.some(({ value }) => value === "")) return undefined;
  if (type === "full-object") {
    if (!isCombinable(integrity)) return undefined;
    return { algorithm: integrity, value: combineChecksums(integrity, parts), type };
  }
  const composite = await digestOf(integrity, ...parts.map(({ value }) => fromBase64(value)));
  return { algorithm: integrity, value: `${toBase64(composite)}-${parts.length}`, type };
}

/** The digest of an object that was made of these parts. */
export async function digestOfAll(integrity: Integrity, parts: readonly PartDigest[]): Promise<PartDigest> {
  const whole = await wholeChecksum(integrity, "full-object", parts);
  return { value: whole?.value ?? "", size: parts.reduce((sum, { size }) => sum + size, 0) };
}

/** The digest of a part that was copied: if it is not known here, what the store says of it. */
export function digestOfCopy(
  integrity: Integrity,
  { value, size }: PartDigest,
  { checksum }: PartInfo,
): PartDigest {
  const comparable = checksum?.algorithm === integrity && checksum.type !== "composite";
  return { value: value || (comparable ? checksum.value : ""), size };
}
