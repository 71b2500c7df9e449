import type { Permit } from "@sluice/semaphore";
import { ChunkLine } from "./chunk-line.js";
import type { RangeRead } from "./range-read.js";

//  Of the lowest range:   asked ─▶ each chunk goes to the consumer as it arrives
//  Of those behind it:    asked ─▶ filling ─▶ full;  the consumer takes from the line once the range is the lowest

/** A range whose bytes are paid for, until its last one has been taken. */
export class PaidRange {
  readonly length: number;
  readonly #read: RangeRead;
  readonly #permit: Permit | undefined;
  readonly #line = new ChunkLine();
  #left: number;
  #filling = false;
  #stopped = false;
  #wake = () => {};

  constructor(read: RangeRead, permit: Permit | undefined) {
    this.#read = read;
    this.#permit = permit;
    this.length = read.length;
    this.#left = read.left;
  }

  /** Bytes that have not been taken yet. */
  get left(): number {
    return this.#left;
  }

  /** Begins to read the range before anybody has asked for it. */
  fill(onFailure: (error: unknown) => void): void {
    this.#filling = true;
    this.#fill().catch(onFailure);
  }

  /** The next chunk. Not to be called when nothing is left; never settles once the range was stopped. */
  async take(): Promise<Uint8Array<ArrayBuffer>> {
    const chunk = this.#filling ? await this.#fromLine() : await this.#read.next();
    this.#left -= chunk.byteLength;
    return chunk;
  }

  /** Gives back what was paid: everything was taken, or nobody is going to. */
  release(): void {
    this.#permit?.release();
  }

  stop(reason: unknown): void {
    this.#stopped = true;
    this.#line.clear();
    this.#read.cancel(reason);
    this.release();
  }

  async #fill(): Promise<void> {
    while (this.#read.left > 0) {
      const chunk = await this.#read.next();
      if (this.#stopped) return;
      this.#line.push(chunk);
      this.#wake();
    }
  }

  async #fromLine(): Promise<Uint8Array<ArrayBuffer>> {
    for (;;) {
      const chunk = this.#line.shift();
      if (chunk !== undefined) return chunk;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
