// A view into one block that never changes: nothing is allocated, whatever the size of the stream, and a piece
// that is lost, doubled or out of place changes the digest.

const BLOCK = 2 ** 20;
const PIECE = 64 * 1024;

/** A stream of pseudo-random bytes, the same in every run, produced as fast as it is pulled. */
export function* generated(size: number): Generator<Uint8Array> {
  const block = noise(BLOCK + PIECE);
  let seed = 1;
  for (let left = size; left > 0; left -= PIECE) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    const from = seed % BLOCK;
    yield block.subarray(from, from + Math.min(PIECE, left));
  }
}

// Marsaglia's xorshift32.
function noise(length: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = 2_463_534_242;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}
