import type { Digest } from "./digest.js";

/** A reflected CRC of 32 bits, one table look-up a byte. */
export class Crc32 implements Digest {
  readonly #table: Int32Array;
  #crc = -1;

  /** @param polynomial reflected: 0xedb88320 for CRC32, 0x82f63b78 for CRC32C. */
  constructor(polynomial: number) {
    this.#table = Int32Array.from({ length: 256 }, (_, byte) => {
      let crc = byte;
      for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
      return crc;
    });
  }

  update(bytes: Uint8Array): void {
    const table = this.#table;
    let crc = this.#crc;
    for (let i = 0; i < bytes.length; i++) crc = table[(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
    this.#crc = crc;
  }

  done(): Promise<Uint8Array<ArrayBuffer>> {
    return Promise.resolve(bigEndian(~this.#crc));
  }
}

const LOW = 0xac4bc9b5 | 0;
const HIGH = 0x9a6c9329 | 0;

/** CRC-64/NVME, in two halves of 32 bits: BigInt would be some fifty times slower. */
export class Crc64Nvme implements Digest {
  readonly #lows = new Int32Array(256);
  readonly #highs = new Int32Array(256);
  #low = -1;
  #high = -1;

  constructor() {
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
      this.#lows[byte] = low;
      this.#highs[byte] = high;
    }
  }

  update(bytes: Uint8Array): void {
    const lows = this.#lows;
    const highs = this.#highs;
    let low = this.#low;
    let high = this.#high;
    for (let i = 0; i < bytes.length; i++) {
      const index = (low ^ bytes[i]!) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ lows[index]!;
      high = (high >>> 8) ^ highs[index]!;
    }
    this.#low = low;
    this.#high = high;
  }

  done(): Promise<Uint8Array<ArrayBuffer>> {
    return Promise.resolve(bigEndian(~this.#high, ~this.#low));
  }
}

export function bigEndian(...words: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => {
    view.setInt32(4 * i, word);
  });
  return bytes;
}
