import type { Checksum } from "@sluice/object-store";
import { base64 } from "../upload/digests.js";

/** A CRC32 that is fed piece by piece. Slow and short. */
export class Crc32 {
  #rest = -1;

  update(bytes: Uint8Array): void {
    for (const byte of bytes) {
      this.#rest ^= byte;
      for (let bit = 0; bit < 8; bit++) this.#rest = (this.#rest >>> 1) ^ (this.#rest & 1 ? 0xedb88320 : 0);
    }
  }

  get value(): string {
    return base64(Uint8Array.from([24, 16, 8, 0], (shift) => ~this.#rest >>> shift));
  }
}

/** As a store tells it of an object. */
export function checksumOf(bytes: Uint8Array): Checksum {
  const crc = new Crc32();
  crc.update(bytes);
  return { algorithm: "crc32", value: crc.value, type: "full-object" };
}
