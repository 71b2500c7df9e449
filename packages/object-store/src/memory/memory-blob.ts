import type { Draft } from "../shelf/shelf.js";

const BLOCK = 64 * 1024;

/** Bytes in memory, in blocks: no more is ever allocated than has arrived, but for the rest of the last block. */
export class MemoryBlob implements Draft {
  readonly #expected: number;
  #blocks: Uint8Array<ArrayBuffer>[] = [];
  #size = 0;

  /** @param expected how many bytes will come; an over-long body fails before more are written. */
  constructor(expected: number) {
    this.#expected = expected;
  }

  get size(): number {
    return this.#size;
  }

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const filled = this.#size % BLOCK;
      if (filled === 0) this.#blocks.push(new Uint8Array(Math.min(BLOCK, this.#expected - this.#size)));
      const block = this.#blocks.at(-1)!;
      const count = Math.min(block.length - filled, bytes.length - at);
      block.set(bytes.subarray(at, at + count), filled);
      at += count;
      this.#size += count;
    }
  }

  /** A copy of at least one byte from `start` on, and of at most `limit`. */
  read(start: number, limit: number): Uint8Array<ArrayBuffer> {
    const from = start % BLOCK;
    return this.#blocks[Math.floor(start / BLOCK)]!.slice(from, from + limit);
  }

  async discard(): Promise<void> {
    this.#blocks = [];
  }
}
