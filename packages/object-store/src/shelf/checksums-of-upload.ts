import type { Checksum, ChecksumAlgorithm } from "../checksum.js";
import { isCombinable } from "../digest/combine.js";
import type { CompleteOptions, CreateMultipartOptions, PutPartOptions } from "../multipart.js";
import { refusal } from "../refusal.js";
import type { ShelfUpload } from "./shelf.js";

/** What kind of checksum an object will have that is begun so. */
export function checksumTypeOf(options: CreateMultipartOptions): Checksum["type"] {
  const { checksumAlgorithm: algorithm, checksumType: type } = options;
  if (algorithm === undefined) {
    if (type === undefined) return undefined;
    throw refusal("InvalidRequest", `a checksum of the type ${type} needs an algorithm`);
  }
  if (type === "full-object" && !isCombinable(algorithm)) {
    throw refusal("InvalidRequest", `${algorithm} has no form that is of the full object`);
  }
  // The one algorithm that has no other form.
  if (algorithm !== "crc64nvme") return type ?? "composite";
  if (type === "composite") throw refusal("InvalidRequest", "crc64nvme has no composite form");
  return "full-object";
}

/** The checksum that a part gets: that of its upload, and a body with another one is refused. */
export function checkAlgorithm(
  { checksumAlgorithm: begun }: ShelfUpload,
  { checksum, checksumAlgorithm }: PutPartOptions,
): ChecksumAlgorithm | undefined {
  const algorithm = checksum?.algorithm ?? checksumAlgorithm;
  if (begun === undefined || algorithm === undefined || algorithm === begun) return begun ?? algorithm;
  throw refusal("InvalidRequest", `the upload was begun for ${begun}, got ${algorithm}`);
}

/** Refuses to publish an object whose checksum is not the announced one, or not of the announced kind. */
export function checkAnnounced(
  { checksum: announced, checksumType = announced?.type }: CompleteOptions,
  made: Checksum | undefined,
): void {
  if (announced !== undefined && announced.algorithm !== made?.algorithm) {
    const begun = made === undefined ? "no checksum" : made.algorithm;
    throw refusal("InvalidRequest", `the upload was begun for ${begun}, got ${announced.algorithm}`);
  }
  if (checksumType !== undefined && made !== undefined && checksumType !== made.type) {
    throw refusal(
      "BadDigest",
      `the upload was begun for a checksum of the type ${made.type}, not ${checksumType}`,
    );
  }
  if (announced !== undefined && announced.value !== made?.value) {
    throw refusal("BadDigest", `the parts' ${made?.algorithm} is ${made?.value}, not ${announced.value}`);
  }
}
