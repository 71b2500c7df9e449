import type { Permit } from "@sluice/semaphore";
import { ChunkLine } from "./chunk-line.js";
import type { Hunger } from "./open-body.js";
import type { Settled } from "./options.js";
import type { RangeRead } from "./range-read.js";

//  Of the lowest range:   asked ─▶ each chunk goes to the consumer as it arrives
//  Of those behind it:    asked ─▶ filling ─▶ full;  the consumer takes from the line once the range is the lowest

/** What a range holds from before it is asked for: its place in the window, and its bytes. */
export interface Paid {
  readonly slot: Permit;
  readonly bytes: Permit | undefined;
}

// Both in this order, as everywhere: whoever holds bytes never waits for a slot.
export async function pay(
  { slots, budget }: Pick<Settled, "slots" | "budget">,
  length: number,
  signal: AbortSignal,
): Promise<Paid> {
  const slot = await slots.acquire(1, { signal });
  try {
    return { slot, bytes: await budget?.acquire(length, { signal }) };
  } catch (error) {
    slot.release();
    throw error;
  }
}

/** A range whose bytes are paid for, until its last one has been taken. */
export class PaidRange {
  readonly start: number;
  readonly end: number;
  /** Bytes that it may hold. */
  readonly held: number;
  readonly #read: RangeRead;
  readonly #paid: Paid;
  readonly #line = new ChunkLine();
  #left: number;
  #filling = false;
  #stopped = false;
  #wake = () => {};

  constructor(read: RangeRead, paid: Paid) {
    this.#read = read;
    this.#paid = paid;
    this.start = read.start;
    this.end = read.end;
    this.#left = read.left;
    this.held = Math.min(this.#left, paid.bytes?.weight ?? this.#left);
  }

  /** Bytes that have not been taken yet. */
  get left(): number {
    return this.#left;
  }

  /** Whether the reader is ahead of what has come, though that is read as fast as it comes. */
  get lags(): boolean {
    return this.#filling && this.#line.size === 0;
  }

  /** Begins to read the range before anybody has asked for it. */
  fill(hunger: Hunger, onFailure: (error: unknown) => void): void {
    this.#filling = true;
    this.#read.hasten(hunger);
    this.#fill().catch(onFailure);
  }

  /** The next chunk, to be `taken`. Not to be called when nothing is left; never settles once the range was stopped. */
  next(): Promise<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer> {
    if (!this.#filling) return this.#read.next();
    return this.#line.shift() ?? this.#fromLine();
  }

  taken(chunk: Uint8Array): void {
    this.#left -= chunk.byteLength;
  }

  /** Gives back what was paid: everything was taken, or nobody is going to. */
  release(): void {
    this.#paid.bytes?.release();
    this.#paid.slot.release();
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
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      const chunk = this.#line.shift();
      if (chunk !== undefined) return chunk;
    }
  }
}
