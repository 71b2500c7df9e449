import type { Digest } from "./digest.js";

// Eight bytes at a time, by a table for each of their places ("slicing-by-8"): 2.6 times as fast as one look-up after the
// other for 32 bits, 1.4 times for 64. Sixteen at a time is slower again: the tables then fill the processor's first cache.

const CRC32 = /* @__PURE__ */ tables(0xedb88320);
const CRC32C = /* @__PURE__ */ tables(0x82f63b78);

/** A reflected CRC of 32 bits. */
export class Crc32 implements Digest {
  readonly #tables: Int32Array;
  #crc = -1;

  constructor(algorithm: "crc32" | "crc32c") {
    this.#tables = algorithm === "crc32" ? CRC32 : CRC32C;
  }

  update(b: Uint8Array): void {
    const t = this.#tables;
    let crc = this.#crc;
    let i = 0;
    for (const end = b.length - 7; i < end; i += 8) {
      const a = crc ^ (b[i]! | (b[i + 1]! << 8) | (b[i + 2]! << 16) | (b[i + 3]! << 24));
      crc =
        t[1792 + (a & 255)]! ^
        t[1536 + ((a >>> 8) & 255)]! ^
        t[1280 + ((a >>> 16) & 255)]! ^
        t[1024 + (a >>> 24)]! ^
        t[768 + b[i + 4]!]! ^
        t[512 + b[i + 5]!]! ^
        t[256 + b[i + 6]!]! ^
        t[b[i + 7]!]!;
    }
    for (; i < b.length; i++) crc = t[(crc ^ b[i]!) & 255]! ^ (crc >>> 8);
    this.#crc = crc;
  }

  done(): Promise<Uint8Array<ArrayBuffer>> {
    return Promise.resolve(bigEndian(~this.#crc));
  }
}

/** `[256 * k + byte]`: what a byte does to the remainder when k more bytes have followed it. */
function tables(polynomial: number): Int32Array {
  const table = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    table[byte] = crc;
  }
  for (let i = 256; i < table.length; i++) {
    const before = table[i - 256]!;
    table[i] = table[before & 255]! ^ (before >>> 8);
  }
  return table;
}

export function bigEndian(...words: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => {
    view.setInt32(4 * i, word);
  });
  return bytes;
}
