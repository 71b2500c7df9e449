import type { Checksum, ChecksumAlgorithm } from "../checksum.js";
import { combineChecksums, isCombinable } from "../digest/combine.js";
import { digestOf } from "../digest/create-digest.js";
import { fromBase64, toBase64, toHex } from "../digest/encoding.js";
import type { StoreLimits } from "../limits.js";
import type { ListedPart, PartInfo } from "../multipart.js";
import { refusal } from "../refusal.js";
import { sameEtag } from "./conditions.js";
import type { ShelfUpload } from "./shelf.js";

export interface Assembly {
  readonly parts: readonly ListedPart[];
  readonly size: number;
  readonly etag: string;
  readonly checksum: Checksum | undefined;
}

/** The object that the named parts make, or a refusal: nothing may be published of a list that is not right. */
export async function assemble(
  named: readonly PartInfo[],
  stored: readonly ListedPart[],
  upload: Pick<ShelfUpload, "checksumAlgorithm" | "checksumType">,
  limits: StoreLimits,
): Promise<Assembly> {
  const { checksumAlgorithm: algorithm, checksumType } = upload;
  const composed = algorithm !== undefined && checksumType !== "full-object";
  if (named.length === 0) throw refusal("InvalidRequest", "an object needs at least one part");
  const known = new Map(stored.map((part) => [part.partNumber, part]));
  const parts: ListedPart[] = [];
  let size = 0;
  for (const [i, { partNumber, etag, checksum }] of named.entries()) {
    if (i > 0 && partNumber <= named[i - 1]!.partNumber) {
      throw refusal("InvalidPartOrder", `part ${partNumber} is named after part ${named[i - 1]!.partNumber}`);
    }
    const part = known.get(partNumber);
    if (part === undefined) throw refusal("InvalidPart", `there is no part ${partNumber}`);
    if (!sameEtag(part.etag, etag)) {
      throw refusal("InvalidPart", `part ${partNumber} has the ETag ${part.etag}, not ${etag}`);
    }
    if (checksum !== undefined && part.checksum !== undefined && !sameChecksum(checksum, part.checksum)) {
      throw refusal(
        "InvalidPart",
        `part ${partNumber} has another ${checksum.algorithm} than ${checksum.value}`,
      );
    }
    if (composed && checksum === undefined) {
      throw refusal(
        "InvalidRequest",
        `The upload was created using a ${algorithm} checksum. The complete request must include the checksum for each part. It was missing for part ${partNumber} in the request.`,
      );
    }
    parts.push(part);
    size += part.size;
  }
  if (algorithm !== undefined && parts.some(({ partNumber }, i) => partNumber !== i + 1)) {
    throw refusal("InvalidPartOrder", "with checksums, parts are numbered from 1 on without gaps");
  }
  const small = parts.slice(0, -1).find((part) => part.size < limits.minPartSize);
  if (small !== undefined) {
    throw refusal(
      "EntityTooSmall",
      `part ${small.partNumber} has ${small.size} bytes; all but the last need ${limits.minPartSize}`,
    );
  }
  if (limits.equalParts) checkEqual(parts);
  if (size > limits.maxObjectSize) {
    throw refusal("EntityTooLarge", `an object has at most ${limits.maxObjectSize} bytes, got ${size}`);
  }
  const md5s = parts.map((part) => fromHex(part.etag.slice(1, -1)));
  const etag = `"${toHex(await digestOf("md5", ...md5s))}-${parts.length}"`;
  const type = checksumType ?? "composite";
  return { parts, size, etag, checksum: algorithm && (await checksumOf(parts, algorithm, type)) };
}

function checkEqual(parts: readonly ListedPart[]): void {
  const wanted = parts[0]!.size;
  const last = parts.length - 1;
  const other = parts.find(({ size }, i) => (i < last ? size !== wanted : size > wanted));
  if (other === undefined) return;
  throw refusal(
    "InvalidPart",
    `all parts but the last must have the same size: part ${other.partNumber} has ${other.size} bytes, not ${wanted}`,
  );
}

function checksumOf(
  parts: readonly ListedPart[],
  algorithm: ChecksumAlgorithm,
  type: "composite" | "full-object",
): Promise<Checksum> | Checksum {
  if (type === "composite" || !isCombinable(algorithm)) return composite(parts, algorithm);
  const pieces = parts.map(({ checksum, size }) => ({ value: checksum!.value, size }));
  return { algorithm, value: combineChecksums(algorithm, pieces), type };
}

async function composite(parts: readonly ListedPart[], algorithm: ChecksumAlgorithm): Promise<Checksum> {
  const digests = parts.map((part) => fromBase64(part.checksum!.value)!);
  const value = toBase64(await digestOf(algorithm, ...digests));
  return { algorithm, value: `${value}-${parts.length}`, type: "composite" };
}

const sameChecksum = (a: Checksum, b: Checksum) => a.algorithm === b.algorithm && a.value === b.value;

const fromHex = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
