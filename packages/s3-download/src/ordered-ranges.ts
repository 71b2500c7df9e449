import type { RetryOptions } from "@sluice/object-store";
import type { Semaphore } from "@sluice/semaphore";
import type { ByteCheck } from "./byte-check.js";
import type { Asking, Pin } from "./open-body.js";
import { PaidRange } from "./paid-range.js";
import { RangeRead } from "./range-read.js";

//             window = 4                          taken   given back, in the order of the object
//   ──────┬────┬────┬────┬────┬───────            filling paid for, asked for, its bytes kept
//   taken │low │fill│full│fill│ not asked for     low     the range that the consumer is reading
//   ──────┴────┴────┴────┴────┴───────
//
//   The window moves on only when the lowest range has been taken whole: a consumer that stalls stops it all,
//   and so does a slow lowest range.

export interface DownloadProgress {
  /** Bytes that the reader has been given. */
  readonly loaded: number;
  /** Bytes that it is going to be given. */
  readonly total: number;
  /** Bytes that are paid for: all of every range that is asked for and not yet read to its end. */
  readonly held: number;
}

/** @internal */
export interface Ranges {
  readonly asking: Asking;
  /** Aborts `asking.signal`. */
  readonly stop: (reason: unknown) => void;
  readonly retry: RetryOptions;
  readonly pin: Pin;
  /** Of the object, both included. */
  readonly start: number;
  readonly end: number;
  readonly rangeSize: number;
  readonly window: number;
  readonly budget: Semaphore | undefined;
  readonly first: PaidRange;
  readonly check: Pick<ByteCheck, "update"> | undefined;
  readonly onProgress: ((progress: DownloadProgress) => void) | undefined;
  /** Called once, when nothing more is going to happen. */
  readonly onEnd: () => void;
}

/** The ranges of a download, asked for ahead and handed on in order. */
export class OrderedRanges implements UnderlyingByteSource {
  readonly type = "bytes";
  readonly #ranges: Ranges;
  readonly #window: PaidRange[];
  readonly #total: number;
  #next: number;
  #loaded = 0;
  #over = false;
  #controller!: ReadableByteStreamController;

  constructor(ranges: Ranges) {
    this.#ranges = ranges;
    this.#window = [ranges.first];
    this.#next = ranges.start + ranges.first.length;
    this.#total = ranges.end - ranges.start + 1;
  }

  start(controller: ReadableByteStreamController): void {
    const { signal } = this.#ranges.asking;
    this.#controller = controller;
    signal.addEventListener("abort", () => this.#fail(signal.reason), { once: true });
    if (this.#total === 0) this.#finish();
  }

  async pull(): Promise<void> {
    try {
      const lowest = this.#window[0] ?? (await this.#openLowest());
      if (lowest === undefined) return;
      this.#readAhead();
      const chunk = await lowest.take();
      await this.#ranges.check?.update(chunk, this.#loaded + chunk.byteLength === this.#total);
      if (!this.#over) this.#deliver(chunk, lowest);
    } catch (error) {
      this.#fail(error);
    }
  }

  cancel(reason: unknown): void {
    this.#end(reason);
  }

  #deliver(chunk: Uint8Array<ArrayBuffer>, from: PaidRange): void {
    // Before it is handed over: that empties it.
    this.#loaded += chunk.byteLength;
    this.#controller.enqueue(chunk);
    if (from.left === 0) {
      this.#window.shift();
      from.release();
    }
    this.#ranges.onProgress?.({ loaded: this.#loaded, total: this.#total, held: this.#held() });
    // Unless the callback has cancelled or aborted.
    if (this.#loaded === this.#total && !this.#over) this.#finish();
  }

  // The one place that waits for the budget, and nothing is held then: whoever holds ranges that wait for a
  // lower one which waits for the budget can wait for ever.
  async #openLowest(): Promise<PaidRange | undefined> {
    const { budget, asking } = this.#ranges;
    const length = this.#nextLength();
    const permit = await budget?.acquire(length, { signal: asking.signal });
    if (this.#over) {
      permit?.release();
      return undefined;
    }
    const range = new PaidRange(this.#nextRead(length), permit);
    this.#window.push(range);
    return range;
  }

  #readAhead(): void {
    const { budget, window, end } = this.#ranges;
    while (!this.#over && this.#window.length < window && this.#next <= end) {
      const length = this.#nextLength();
      const permit = budget?.tryAcquire(length);
      if (budget !== undefined && permit === undefined) return;
      const range = new PaidRange(this.#nextRead(length), permit);
      this.#window.push(range);
      range.fill((error) => this.#fail(error));
    }
  }

  #nextLength(): number {
    const { rangeSize, budget, end } = this.#ranges;
    // A budget can shrink while bytes flow.
    return Math.min(rangeSize, budget?.capacity ?? rangeSize, end - this.#next + 1);
  }

  #nextRead(length: number): RangeRead {
    const { asking, retry, pin } = this.#ranges;
    const start = this.#next;
    this.#next += length;
    return new RangeRead(asking, retry, pin, { start, end: this.#next - 1 });
  }

  #held(): number {
    return this.#window.reduce((sum, { length }) => sum + length, 0);
  }

  #finish(): void {
    this.#over = true;
    for (const range of this.#window) range.release();
    this.#controller.close();
    // A reader that waits with its own buffer is told of the end by this, and by nothing else.
    this.#controller.byobRequest?.respond(0);
    this.#ranges.onEnd();
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    this.#end(error);
    this.#controller.error(error);
  }

  #end(reason: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#ranges.stop(reason);
    for (const range of this.#window) range.stop(reason);
    this.#window.length = 0;
    this.#ranges.onEnd();
  }
}
