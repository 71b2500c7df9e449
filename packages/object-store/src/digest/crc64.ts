import { bigEndian } from "./crc.js";
import type { Digest } from "./digest.js";

const LOW = 0xac4bc9b5 | 0;
const HIGH = 0x9a6c9329 | 0;
const TABLES = /* @__PURE__ */ tables();

/** CRC-64/NVME, in two halves of 32 bits: BigInt would be some fifty times slower. See `crc.ts` for the eight tables. */
export class Crc64Nvme implements Digest {
  #low = -1;
  #high = -1;

  update(b: Uint8Array): void {
    const t = TABLES;
    let low = this.#low;
    let high = this.#high;
    let i = 0;
    for (const end = b.length - 7; i < end; i += 8) {
      const p = low ^ (b[i]! | (b[i + 1]! << 8) | (b[i + 2]! << 16) | (b[i + 3]! << 24));
      const q = high ^ (b[i + 4]! | (b[i + 5]! << 8) | (b[i + 6]! << 16) | (b[i + 7]! << 24));
      const i7 = 3584 + ((p & 255) << 1);
      const i6 = 3072 + ((p >>> 7) & 510);
      const i5 = 2560 + ((p >>> 15) & 510);
      const i4 = 2048 + ((p >>> 23) & 510);
      const i3 = 1536 + ((q & 255) << 1);
      const i2 = 1024 + ((q >>> 7) & 510);
      const i1 = 512 + ((q >>> 15) & 510);
      const i0 = (q >>> 23) & 510;
      low = t[i7]! ^ t[i6]! ^ t[i5]! ^ t[i4]! ^ t[i3]! ^ t[i2]! ^ t[i1]! ^ t[i0]!;
      high =
        t[i7 + 1]! ^ t[i6 + 1]! ^ t[i5 + 1]! ^ t[i4 + 1]! ^ t[i3 + 1]! ^ t[i2 + 1]! ^ t[i1 + 1]! ^ t[i0 + 1]!;
    }
    for (; i < b.length; i++) {
      const at = ((low ^ b[i]!) & 255) << 1;
      low = ((low >>> 8) | (high << 24)) ^ t[at]!;
      high = (high >>> 8) ^ t[at + 1]!;
    }
    this.#low = low;
    this.#high = high;
  }

  done(): Promise<Uint8Array<ArrayBuffer>> {
    return Promise.resolve(bigEndian(~this.#high, ~this.#low));
  }
}

/** The lower half at even places, the upper one next to it. */
function tables(): Int32Array {
  const table = new Int32Array(8 * 512);
  for (let byte = 0; byte < 256; byte++) {
    let low = byte;
    let high = 0;
    for (let bit = 0; bit < 8; bit++) {
      const odd = low & 1;
      low = (low >>> 1) | (high << 31);
      high >>>= 1;
      if (odd) {
        low ^= LOW;
        high ^= HIGH;
      }
    }
    table[2 * byte] = low;
    table[2 * byte + 1] = high;
  }
  for (let i = 512; i < table.length; i += 2) {
    const low = table[i - 512]!;
    const high = table[i - 511]!;
    const at = (low & 255) << 1;
    table[i] = ((low >>> 8) | (high << 24)) ^ table[at]!;
    table[i + 1] = (high >>> 8) ^ table[at + 1]!;
  }
  return table;
}
