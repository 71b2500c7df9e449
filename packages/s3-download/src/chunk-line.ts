// A Uint8Array costs some 200 bytes beside its content: a range that arrives in pieces of 100 bytes would take
// three times what was paid for it. So many small ones in a row become one.
const SMALL = 4 * 1024;
const ROW = 64;

/** Chunks in the order in which they came. */
export class ChunkLine {
  readonly #chunks: (Uint8Array<ArrayBuffer> | undefined)[] = [];
  #taken = 0;
  #small = 0;

  get size(): number {
    return this.#chunks.length - this.#taken;
  }

  push(chunk: Uint8Array<ArrayBuffer>): void {
    this.#chunks.push(chunk);
    this.#small = chunk.byteLength < SMALL ? this.#small + 1 : 0;
    if (this.#small === ROW) this.#merge(Math.min(ROW, this.size));
  }

  shift(): Uint8Array<ArrayBuffer> | undefined {
    const chunk = this.#chunks[this.#taken];
    if (chunk === undefined) return undefined;
    this.#chunks[this.#taken++] = undefined;
    if (this.#taken === this.#chunks.length) this.clear();
    return chunk;
  }

  clear(): void {
    this.#chunks.length = 0;
    this.#taken = 0;
    this.#small = 0;
  }

  #merge(count: number): void {
    const row = this.#chunks.splice(-count) as Uint8Array[];
    const whole = new Uint8Array(row.reduce((sum, { byteLength }) => sum + byteLength, 0));
    let at = 0;
    for (const chunk of row) {
      whole.set(chunk, at);
      at += chunk.byteLength;
    }
    this.#chunks.push(whole);
    this.#small = whole.byteLength < SMALL ? 1 : 0;
  }
}
