import type { Permit, Semaphore } from "@sluice/semaphore";
import type { Asking, Pin } from "./asking.js";
import type { ByteCheck } from "./byte-check.js";
import { UnreadError } from "./errors.js";
import type { Wait } from "./idle-watch.js";
import type { DownloadProgress } from "./options.js";
import { type Paid, PaidRange } from "./paid-range.js";
import { RangeRead } from "./range-read.js";

//             window = 4                          taken   given back, in the order of the object
//   ──────┬────┬────┬────┬────┬───────            filling paid for, asked for, its bytes kept
//   taken │low │fill│full│fill│ not asked for     low     the range that the consumer is reading
//   ──────┴────┴────┴────┴────┴───────
//
//   The window moves on only when the lowest range has been taken whole: a consumer that stalls stops it all,
//   and so does a slow lowest range.

/** @internal */
export interface Ranges {
  readonly asking: Asking;
  readonly pin: Pin;
  /** Of the object, both included. */
  readonly start: number;
  readonly end: number;
  /** Of every range but the first. */
  readonly rangeSize: number;
  readonly slots: Semaphore;
  readonly budget: Semaphore | undefined;
  readonly first: PaidRange;
  readonly check: ByteCheck | undefined;
  readonly onProgress: ((progress: DownloadProgress) => void) | undefined;
}

/** The ranges of a download, asked for ahead and handed on in order. */
export class OrderedRanges implements UnderlyingByteSource {
  readonly type = "bytes";
  readonly #ranges: Ranges;
  readonly #window: PaidRange[];
  readonly #total: number;
  readonly #hunger = { times: 0 };
  readonly #reader: Wait;
  #next: number;
  #limit: number;
  #loaded = 0;
  #over = false;
  #controller!: ReadableByteStreamController;

  constructor(ranges: Ranges) {
    const { asking, first, start, end, slots } = ranges;
    this.#ranges = ranges;
    this.#window = [first];
    this.#next = first.end + 1;
    this.#total = end - start + 1;
    this.#limit = slots.capacity;
    this.#reader = asking.watch.begin(() => this.#fail(new UnreadError(asking.idleTimeout)));
  }

  start(controller: ReadableByteStreamController): void {
    const { signal } = this.#ranges.asking;
    this.#controller = controller;
    signal.addEventListener("abort", () => this.#fail(signal.reason), { once: true });
    if (signal.aborted) this.#fail(signal.reason);
    else if (this.#total === 0) this.#finish();
    else this.#reader.count();
  }

  async pull(): Promise<void> {
    this.#reader.rest();
    try {
      const lowest = this.#window[0] ?? (await this.#openLowest());
      if (lowest === undefined) return;
      this.#readAhead();
      if (lowest.lags) this.#hunger.times++;
      const next = lowest.next();
      // What is there already costs no turn of the microtasks.
      const chunk = next instanceof Uint8Array ? next : await next;
      lowest.taken(chunk);
      const { check } = this.#ranges;
      if (check) await check.update(chunk, this.#loaded + chunk.byteLength === this.#total);
      if (!this.#over) this.#deliver(chunk, lowest);
    } catch (error) {
      this.#fail(error);
    }
  }

  cancel(reason: unknown): void {
    this.#end(reason);
  }

  #deliver(chunk: Uint8Array<ArrayBuffer>, from: PaidRange): void {
    const { asking, onProgress } = this.#ranges;
    // Before it is handed over: that empties it.
    this.#loaded += chunk.byteLength;
    // First, since handing over may ask for more at once.
    this.#reader.count();
    this.#controller.enqueue(chunk);
    if (from.left === 0) {
      this.#window.shift();
      from.release();
      asking.tell({ type: "range", start: from.start, end: from.end });
    }
    onProgress?.({ loaded: this.#loaded, total: this.#total, held: this.#held() });
    // Unless the callback has cancelled or aborted.
    if (this.#loaded === this.#total && !this.#over) this.#finish();
  }

  // The one place that waits, for a slot and then for the budget, and nothing is held then: whoever holds ranges that
  // wait for a lower one which waits itself can wait for ever.
  async #openLowest(): Promise<PaidRange | undefined> {
    const { slots, budget, asking } = this.#ranges;
    const { signal } = asking;
    const slot = await slots.acquire(1, { signal });
    let bytes: Permit | undefined;
    const length = this.#nextLength();
    try {
      bytes = await budget?.acquire(length, { signal });
    } catch (error) {
      slot.release();
      throw error;
    }
    const range = this.#add(length, { slot, bytes });
    return this.#over ? undefined : range;
  }

  #readAhead(): void {
    const { slots, budget, end } = this.#ranges;
    this.#noteLimit();
    while (!this.#over && this.#next <= end) {
      const slot = slots.tryAcquire();
      if (slot === undefined) return;
      const length = this.#nextLength();
      const bytes = budget?.tryAcquire(length);
      if (budget !== undefined && bytes === undefined) {
        slot.release();
        return;
      }
      const range = this.#add(length, { slot, bytes });
      if (!this.#over) range.fill(this.#hunger, (error) => this.#fail(error));
    }
  }

  #add(length: number, paid: Paid): PaidRange {
    const { asking, pin } = this.#ranges;
    const extent = { start: this.#next, end: this.#next + length - 1 };
    const range = new PaidRange(new RangeRead(asking, pin, extent), paid);
    if (this.#over) {
      range.release();
      return range;
    }
    this.#next += length;
    this.#window.push(range);
    asking.tell({ type: "asked", ...extent });
    return range;
  }

  #noteLimit(): void {
    const { slots, asking } = this.#ranges;
    const from = this.#limit;
    this.#limit = slots.capacity;
    if (from !== this.#limit) asking.tell({ type: "window", from, to: this.#limit });
  }

  #nextLength(): number {
    const { rangeSize, budget, end } = this.#ranges;
    // A budget can shrink while bytes flow.
    return Math.min(rangeSize, budget?.capacity ?? rangeSize, end - this.#next + 1);
  }

  #held(): number {
    return this.#window.reduce((sum, { held }) => sum + held, 0);
  }

  #finish(): void {
    const { asking } = this.#ranges;
    asking.tell({ type: "done", size: this.#total });
    if (this.#over) return;
    this.#over = true;
    for (const range of this.#window) range.release();
    asking.end();
    this.#controller.close();
    // A reader that waits with its own buffer is told of the end by this, and by nothing else.
    this.#controller.byobRequest?.respond(0);
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    this.#end(error);
    this.#controller.error(error);
  }

  #end(reason: unknown): void {
    if (this.#over) return;
    this.#over = true;
    const { asking } = this.#ranges;
    asking.stop(reason);
    for (const range of this.#window) range.stop(reason);
    this.#window.length = 0;
    asking.end();
  }
}
