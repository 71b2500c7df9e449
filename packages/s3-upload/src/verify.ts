import { type Checksum, multipartEtag, type PartInfo, type PutResult } from "@sluice/object-store";
import { fromBase64, md5In, toHex } from "./encoding.js";
import { type ChecksumType, checksumTypeOf, type Integrity, wholeChecksum } from "./integrity.js";
import type { Place, SentParts } from "./place.js";
import { IntegrityError, MissingEtagError } from "./transfer-errors.js";

//  What a store answers is compared with what was sent, as far as it says anything: checksums of the algorithm that was
//  sent, and ETags where they are known to be MD5s.

type Answer = Pick<PutResult, "etag" | "checksum" | "encryption">;

/**
 * The answer to a part. `partNumber`: by which errors tell of it. Throws `ERR_INTEGRITY_MISMATCH`, or `ERR_NO_ETAG`: both
 * are worth another try.
 */
export function verifyPart(
  integrity: Integrity,
  digest: string | undefined,
  part: PartInfo,
  partNumber: number = part.partNumber,
): PartInfo {
  if (part.etag === "") throw new MissingEtagError(partNumber);
  const difference = differenceIn(integrity, digest, part);
  if (difference === undefined) return part;
  throw new IntegrityError({ what: "part", partNumber, ...difference, published: false, retryable: true });
}

/** The answer to one put. Where it may be written over, the mismatch is worth another try. */
export function verifyPut<A extends Answer>(
  integrity: Integrity,
  digest: string | undefined,
  conditional: boolean,
  answer: A,
): A {
  const difference = differenceIn(integrity, digest, answer);
  if (difference === undefined) return answer;
  throw new IntegrityError({ what: "object", ...difference, published: true, retryable: !conditional });
}

function differenceIn(
  integrity: Integrity,
  digest: string | undefined,
  { etag, checksum, encryption }: Answer,
) {
  if (digest === undefined) return undefined;
  if (integrity === "md5") {
    const got = md5In(etag);
    const expected = toHex(fromBase64(digest));
    const isMd5 = got !== undefined && (encryption ?? "AES256") === "AES256";
    return isMd5 && got !== expected ? { algorithm: "etag", expected, got } : undefined;
  }
  const comparable = checksum?.algorithm === integrity && checksum.type !== "composite";
  if (!comparable || checksum.value === digest) return undefined;
  return { algorithm: integrity, expected: digest, got: checksum.value };
}

/** The answer to a completion. It cannot be taken back: what differs has been published, unless its name is temporary. */
export async function verifyObject(
  { integrity, options }: Place,
  { parts, digests }: SentParts,
  { etag, checksum }: Answer,
  published = true,
): Promise<void> {
  const type = checksumTypeOf(integrity, options.checksumType);
  const fail = (algorithm: string, expected: string, got: string) => {
    throw new IntegrityError({ what: "object", algorithm, expected, got, published, retryable: false });
  };
  if (checksum !== undefined && checksum.algorithm === integrity) {
    const expected = await wholeChecksum(integrity, kindOf(checksum) ?? type, digests);
    if (expected !== undefined && expected.value !== checksum.value) {
      fail(integrity, expected.value, checksum.value);
    }
  }
  // That the parts' ETags are MD5s was seen when they arrived; so that of the object is made of them. Of one that the
  // store has copied, nobody knows.
  const sentAll = digests.every(({ value }) => value !== "");
  if (integrity === "md5" && sentAll && /^"?[0-9a-f]{32}-\d+"?$/i.test(etag)) {
    const expected = await multipartEtag(parts);
    const got = etag.replaceAll('"', "").toLowerCase();
    if (expected !== undefined && expected !== got) fail("etag", expected, got);
  }
}

// A store may make a composite checksum where a full one was asked for; then that is to be right.
const kindOf = ({ value, type }: Checksum): ChecksumType | undefined =>
  /-\d+$/.test(value) ? "composite" : type;
