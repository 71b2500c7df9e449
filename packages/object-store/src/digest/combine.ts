import type { ChecksumAlgorithm } from "../checksum.js";
import { bigEndian } from "./crc.js";
import { fromBase64, toBase64 } from "./encoding.js";

/** The algorithms whose checksum of a whole follows from those of its pieces. */
export type CombinableAlgorithm = Extract<ChecksumAlgorithm, "crc32" | "crc32c" | "crc64nvme">;

/** A polynomial over GF(2) in two halves, reflected: the constant term is the highest bit. One of 32 bits has no `high`. */
interface Poly {
  readonly high: number;
  readonly low: number;
}

const FIELDS: Readonly<Record<CombinableAlgorithm, { readonly bits: 32 | 64; readonly modulus: Poly }>> = {
  crc32: { bits: 32, modulus: { high: 0, low: 0xedb88320 } },
  crc32c: { bits: 32, modulus: { high: 0, low: 0x82f63b78 } },
  crc64nvme: { bits: 64, modulus: { high: 0x9a6c9329, low: 0xac4bc9b5 } },
};

export const isCombinable = (algorithm: string): algorithm is CombinableAlgorithm =>
  Object.hasOwn(FIELDS, algorithm);

/**
 * The checksum of bytes in a row, from the checksum and the size of each piece, as if all had been read once more. Base64,
 * as everywhere here; of no pieces, that of no bytes. Takes microseconds a piece, however large the piece is.
 *
 * What n bytes do to the remainder before them is a multiplication by x^8n modulo the polynomial; the inversions at begin
 * and end of a CRC cancel out.
 *
 * Source: https://github.com/madler/zlib/blob/v1.3.1/crc32.c (`crc32_combine`, `multmodp`, `x2nmodp`)
 */
export function combineChecksums(
  algorithm: CombinableAlgorithm,
  pieces: Iterable<{ readonly value: string; readonly size: number }>,
): string {
  const field = new Field(algorithm);
  let whole: Poly = { high: 0, low: 0 };
  for (const { value, size } of pieces) {
    const moved = field.times(field.shift(size), whole);
    const piece = field.read(value);
    whole = { high: moved.high ^ piece.high, low: moved.low ^ piece.low };
  }
  return toBase64(field.bits === 32 ? bigEndian(whole.low) : bigEndian(whole.high, whole.low));
}

class Field {
  readonly bits: 32 | 64;
  readonly #modulus: Poly;
  readonly #one: Poly;
  /** x to the power of 2^k. */
  readonly #powers: Poly[];
  /** Nearly all parts of an object have the same size. */
  readonly #shifts = new Map<number, Poly>();

  constructor(algorithm: CombinableAlgorithm) {
    const { bits, modulus } = FIELDS[algorithm];
    this.bits = bits;
    this.#modulus = modulus;
    const at = (bit: number): Poly => (bits === 32 ? { high: 0, low: bit } : { high: bit, low: 0 });
    this.#one = at(1 << 31);
    this.#powers = [at(1 << 30)];
  }

  times(a: Poly, b: Poly): Poly {
    let high = 0;
    let low = 0;
    let { high: h, low: l } = b;
    for (let bit = 0; bit < this.bits; bit++) {
      const word = this.bits === 64 && bit < 32 ? a.high : a.low;
      if ((word << (bit & 31)) & (1 << 31)) {
        high ^= h;
        low ^= l;
      }
      const odd = l & 1;
      l = (l >>> 1) | (h << 31);
      h >>>= 1;
      if (odd) {
        l ^= this.#modulus.low;
        h ^= this.#modulus.high;
      }
    }
    return { high, low };
  }

  /** x^8n, for n bytes. */
  shift(bytes: number): Poly {
    const known = this.#shifts.get(bytes);
    if (known !== undefined) return known;
    let product = this.#one;
    // Eight times the bytes: three powers further on. Bits of numbers above 2^32 are not to be had by shifting.
    for (let k = 3, rest = bytes; rest > 0; k++, rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) product = this.times(this.#power(k), product);
    }
    if (this.#shifts.size < 64) this.#shifts.set(bytes, product);
    return product;
  }

  read(value: string): Poly {
    const bytes = fromBase64(value);
    if (bytes?.length !== this.bits / 8) {
      const expected = `the base64 of ${this.bits / 8} bytes`;
      throw new RangeError(`a CRC of ${this.bits} bits is ${expected}, got ${value.slice(0, 80)}`);
    }
    const view = new DataView(bytes.buffer);
    return { high: this.bits === 64 ? view.getInt32(0) : 0, low: view.getInt32(this.bits / 8 - 4) };
  }

  #power(k: number): Poly {
    while (this.#powers.length <= k) {
      const last = this.#powers.at(-1)!;
      this.#powers.push(this.times(last, last));
    }
    return this.#powers[k]!;
  }
}
