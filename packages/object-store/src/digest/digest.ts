import type { ChecksumAlgorithm } from "../checksum.js";

/** A digest in the making. */
export interface Digest {
  update(bytes: Uint8Array): void;
  /** The raw digest, big-endian. To be called once, after the last update. */
  done(): Promise<Uint8Array<ArrayBuffer>>;
}

export type DigestAlgorithm = ChecksumAlgorithm | "md5";
