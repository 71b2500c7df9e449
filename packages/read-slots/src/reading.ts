import type { Permit, Semaphore } from "@sluice/semaphore";
import { fit } from "./fit.js";
import type { ReadOptions } from "./options.js";
import type { Pool, Read } from "./pool.js";
import { type ItemSource, type OpenSource, openSource } from "./source.js";

//  reading ──source ends────────────▶ ended ────all work settled──▶ finished
//     └─────failure, abort, left────▶ stopped ──all work settled──▶ failed, with the first cause
//
//  In "reading", one turn after the other: take a slot, ask the source, hand the item and its slot over.
//  On the way to "stopped" the source is cancelled and its slot goes back, without waiting for either.

/**
 * Reads a source no further ahead than its slots allow. It knows nothing of what is done with the items; `onItem` gets
 * each with its slot. Whoever has it calls `giveBack` when the slot is free, and `settle` when the work is over, or `fail`.
 */
export class Reading<T> {
  readonly #pool: Pool;
  readonly #slots: Semaphore;
  readonly #source: OpenSource<T>;
  readonly #onItem: (read: Read<T>) => void;
  readonly #weight: number;
  readonly #weigh: ((item: T) => number) | undefined;
  readonly #stop = new AbortController();
  readonly #outer: AbortSignal | undefined;
  #phase: "reading" | "ended" | "stopped" = "reading";
  /** Whether somebody waits for a slot, or for the source. */
  #busy = false;
  #pumping = false;
  /** The slot of the read that is pending. */
  #readingSlot: Permit | undefined;
  #sourceOver = false;
  #held = 0;
  #cause: unknown;
  #resolve!: () => void;
  #reject!: (cause: unknown) => void;

  /** How many items are being worked on; counted here alone. */
  inProgress = 0;

  /** Aborts when reading is stopped: for the work in progress. */
  readonly signal: AbortSignal = this.#stop.signal;

  /** Settles when nothing is in progress any more: with the first cause, if there was one. */
  readonly settled: Promise<void> = new Promise((resolve, reject) => {
    this.#resolve = resolve;
    this.#reject = reject;
  });

  constructor(
    pool: Pool,
    source: ItemSource<T>,
    onItem: (read: Read<T>) => void,
    { signal, weight = 1, weigh }: ReadOptions<T>,
  ) {
    this.#pool = pool;
    this.#slots = pool.slots;
    this.#source = openSource(source);
    this.#onItem = onItem;
    this.#weight = weight;
    this.#weigh = weigh;
    this.#outer = signal;
    signal?.addEventListener("abort", this.#onAbort);
    pool.readings.add(this);
  }

  /** Whether the source was asked and has not answered. */
  get isAsking(): boolean {
    return this.#readingSlot !== undefined;
  }

  start(): void {
    if (this.#outer?.aborted) this.#onAbort();
    else this.pump();
  }

  /** Reads on, as far as there are slots. */
  pump(): void {
    // Work that is over at once comes back here: the loop goes on, as the stack may be too short for so many slots.
    if (this.#pumping) return;
    this.#pumping = true;
    for (let read = this.next(); read; read = this.next()) this.#onItem(read);
    this.#pumping = false;
  }

  /** Reads on with what a light item has left; where all weigh the same, nothing is left. */
  fill(): void {
    if (this.#weigh) this.pump();
  }

  /** The next item, if there is a slot and the source has it at hand. If not, `onItem` gets it when it is there. */
  next(): Read<T> | undefined {
    if (this.#busy || this.#phase !== "reading") return undefined;
    this.#busy = true;
    try {
      const slot = this.#slots.tryAcquire(this.#weight);
      if (slot) return this.#ask(slot);
      this.#wait();
    } catch (refusal) {
      this.stop(refusal);
    }
    return undefined;
  }

  /** Gives a slot back. Once, and before `pump` or `next`. */
  giveBack(slot: Permit): void {
    this.#held -= slot.weight;
    slot.release();
  }

  fail(slot: Permit, cause: unknown): void {
    this.giveBack(slot);
    this.#pool.totals.failed++;
    this.stop(cause);
    this.settle();
  }

  settle(): void {
    this.inProgress--;
    this.#finish();
  }

  /** Stops reading and cancels the source. Only the first cause counts. */
  stop(cause: unknown): void {
    if (this.#phase === "stopped") return;
    this.#phase = "stopped";
    this.#cause = cause;
    // First, so that the source hears of it before anybody else reads with its slot.
    if (!this.#sourceOver) this.#source.cancel(cause);
    // The read that is pending, if any, may never settle; its slot must not depend on it.
    if (this.#readingSlot) this.giveBack(this.#readingSlot);
    this.#readingSlot = undefined;
    this.#stop.abort(cause);
    this.#finish();
  }

  #wait(): void {
    // Only the work of this very reading can give back, and then it asks again: a place in line would be dear.
    if (this.#pool.own && this.#slots.held === this.#held) {
      this.#busy = false;
      return;
    }
    this.#slots.acquire(this.#weight, { signal: this.signal }).then(
      (slot) => {
        if (this.#phase === "stopped") slot.release();
        else this.#handOver(this.#ask(slot));
      },
      (refusal) => this.stop(refusal),
    );
  }

  #ask(slot: Permit): Read<T> | undefined {
    this.#held += slot.weight;
    this.#readingSlot = slot;
    try {
      const step = this.#source.next();
      if (!isPromise(step)) return this.#arrive(step);
      step.then(this.#onStep, this.#onFailedRead);
    } catch (cause) {
      this.#onFailedRead(cause);
    }
    return undefined;
  }

  #arrive({ done, value }: IteratorResult<T, unknown>): Read<T> | undefined {
    const slot = this.#readingSlot;
    if (slot === undefined) return undefined; // stopped meanwhile: the item has come too late
    this.#readingSlot = undefined;
    this.#busy = false;
    if (done) {
      this.#sourceOver = true;
      this.giveBack(slot);
      this.#phase = "ended";
      this.#finish();
      return undefined;
    }
    const item = value as T;
    this.#pool.totals.read++;
    this.inProgress++;
    try {
      if (this.#weigh) this.#held -= fit(slot, this.#weigh(item));
    } catch (cause) {
      this.fail(slot, cause);
      return undefined;
    }
    return { item, slot };
  }

  #handOver(read: Read<T> | undefined): void {
    if (read) this.#onItem(read);
    this.pump();
  }

  readonly #onStep = (step: IteratorResult<T, unknown>): void => {
    try {
      this.#handOver(this.#arrive(step));
    } catch (cause) {
      this.#onFailedRead(cause);
    }
  };

  // An iterator that has ended or thrown must not be asked to return.
  readonly #onFailedRead = (cause: unknown): void => {
    this.#sourceOver = true;
    this.stop(cause);
  };

  readonly #onAbort = (): void => this.stop(this.#outer!.reason);

  #finish(): void {
    if (this.#phase === "reading" || this.inProgress > 0) return;
    this.#outer?.removeEventListener("abort", this.#onAbort);
    this.#pool.readings.delete(this);
    if (this.#phase === "ended") this.#resolve();
    else this.#reject(this.#cause);
  }
}

const isPromise = <T>(step: T | PromiseLike<T>): step is PromiseLike<T> =>
  typeof (step as PromiseLike<T>).then === "function";
