// One write of a whole 8 MiB part makes Node copy it into native memory at once. Slices, each waiting for the
// socket to drain, cost as much as the socket's own buffer.
export const SLICE = 64 * 1024;

/** Views of the pieces that are small enough to be written one by one. */
export function* sliced(pieces: Iterable<Uint8Array>): Generator<Uint8Array, undefined> {
  for (const piece of pieces) {
    for (let at = 0; at < piece.byteLength; at += SLICE) yield piece.subarray(at, at + SLICE);
  }
}
