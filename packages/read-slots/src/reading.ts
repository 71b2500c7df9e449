import type { Permit, Semaphore } from "@sluice/semaphore";
import { type ItemSource, type OpenSource, openSource } from "./source.js";

//  reading ──source ends────────────▶ ended ────all work settled──▶ finished
//     └─────failure, abort, left────▶ stopped ──all work settled──▶ failed, with the first cause
//
//  In "reading", one turn after the other: take a slot, ask the source, hand the item and its slot over.
//  On the way to "stopped" the source is cancelled and its slot goes back, without waiting for either.

/**
 * Reads a source no further ahead than its slots allow. It knows nothing of what is done with the items;
 * `onItem` gets each with its slot, and tells by `begin` and `settle` what is in progress.
 */
export class Reading<T> {
  readonly #slots: Semaphore;
  readonly #source: OpenSource<T>;
  readonly #onItem: (item: T, slot: Permit) => void;
  readonly #stop = new AbortController();
  readonly #outer: AbortSignal | undefined;
  #phase: "reading" | "ended" | "stopped" = "reading";
  #readingSlot: Permit | undefined;
  #sourceOver = false;
  #inProgress = 0;
  #cause: unknown;
  #resolve!: () => void;
  #reject!: (cause: unknown) => void;

  /** Settles when nothing is in progress any more: with the first cause, if there was one. */
  readonly settled: Promise<void> = new Promise((resolve, reject) => {
    this.#resolve = resolve;
    this.#reject = reject;
  });

  constructor(
    slots: Semaphore,
    source: ItemSource<T>,
    onItem: (item: T, slot: Permit) => void,
    signal: AbortSignal | undefined,
  ) {
    this.#slots = slots;
    this.#source = openSource(source);
    this.#onItem = onItem;
    this.#outer = signal;
    signal?.addEventListener("abort", this.#onAbort);
  }

  /** Aborts when reading is stopped: for the work in progress. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  start(): void {
    if (this.#outer?.aborted) this.#onAbort();
    else void this.#read();
  }

  /** Runs the work, and stops the reading if it fails. */
  async run(work: () => unknown, onSettled: () => void): Promise<void> {
    this.#inProgress++;
    try {
      await work();
    } catch (cause) {
      this.stop(cause);
    }
    onSettled();
    this.#inProgress--;
    this.#finish();
  }

  /** Stops reading and cancels the source. Only the first cause counts. */
  stop(cause: unknown): void {
    if (this.#phase === "stopped") return;
    this.#phase = "stopped";
    this.#cause = cause;
    // The read that is pending, if any, may never settle; its slot must not depend on it.
    this.#readingSlot?.release();
    if (!this.#sourceOver) this.#source.cancel(cause);
    this.#stop.abort(cause);
    this.#finish();
  }

  async #read(): Promise<void> {
    try {
      for (;;) {
        const slot = this.#slots.tryAcquire() ?? (await this.#slots.acquire(1, { signal: this.signal }));
        this.#readingSlot = slot;
        if (this.#isStopped()) return slot.release();
        const step = await this.#ask();
        if (this.#isStopped()) return;
        this.#readingSlot = undefined;
        if (step.done) {
          slot.release();
          break;
        }
        this.#onItem(step.value, slot);
      }
      this.#phase = "ended";
      this.#finish();
    } catch (cause) {
      this.stop(cause);
    }
  }

  // An iterator that has ended or thrown must not be asked to return.
  async #ask(): Promise<IteratorResult<T, unknown>> {
    try {
      const step = await this.#source.next();
      if (step.done) this.#sourceOver = true;
      return step;
    } catch (cause) {
      this.#sourceOver = true;
      throw cause;
    }
  }

  // A method, because the compiler would not see that the phase changes during an await.
  #isStopped(): boolean {
    return this.#phase === "stopped";
  }

  readonly #onAbort = (): void => this.stop(this.#outer?.reason);

  #finish(): void {
    if (this.#phase === "reading" || this.#inProgress > 0) return;
    this.#outer?.removeEventListener("abort", this.#onAbort);
    if (this.#phase === "ended") this.#resolve();
    else this.#reject(this.#cause);
  }
}
