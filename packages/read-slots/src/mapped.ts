import { type Permit, type Semaphore, WaitingLine } from "@sluice/semaphore";
import { Reading } from "./reading.js";
import type { ItemSource } from "./source.js";

//  idle ──first next()──▶ flowing ──source ended──────────▶ over
//                            ├──────failure, abort────────▶ over, the cause goes to one next()
//                            └──────return()──────────────▶ over
//
//  A slot is taken before the read. It goes back when the consumer asks for what comes after the result, or
//  leaves: until then somebody holds what was read. So the window moves only with the oldest result.

interface Entry<R> {
  result: { readonly value: R } | undefined;
  readonly slot: Permit;
}

export interface MapOptions {
  /** Results in the order of the source (the default), or each as soon as it is there. */
  ordered?: boolean | undefined;
  /** When it aborts, the iteration stops and rejects with `signal.reason`. */
  signal?: AbortSignal | undefined;
}

/** The results of a task over a source, read no further ahead than the slots allow. */
export class Mapped<T, R> implements AsyncIterableIterator<R> {
  readonly #open: () => Reading<T>;
  /** Ordered: all that was read and not handed out. Otherwise: what has finished of it. */
  readonly #entries: Entry<R>[] = [];
  readonly #asking = new WaitingLine<IteratorResult<R>>(() => undefined);
  #reading: Reading<T> | undefined;
  #handedOut: Permit | undefined;
  #over = false;
  #left = false;
  #cause: { readonly error: unknown } | undefined;

  constructor(
    slots: Semaphore,
    source: ItemSource<T>,
    task: (item: T, signal: AbortSignal) => R | PromiseLike<R>,
    { ordered = true, signal }: MapOptions,
  ) {
    this.#open = () => {
      const reading: Reading<T> = new Reading(
        slots,
        source,
        (item, slot) => {
          const entry: Entry<R> = { result: undefined, slot };
          if (ordered) this.#entries.push(entry);
          const work = async () => {
            entry.result = { value: await task(item, reading.signal) };
            if (!ordered) this.#entries.push(entry);
          };
          void reading.run(work, () => (entry.result ? this.#deliver() : slot.release()));
        },
        signal,
      );
      return reading;
    };
  }

  next(): Promise<IteratorResult<R>> {
    const answer = this.#asking.park(1, undefined, {});
    if (this.#reading === undefined && !this.#over) this.#start();
    this.#handedOut?.release();
    this.#handedOut = undefined;
    this.#deliver();
    return answer;
  }

  async return(): Promise<IteratorResult<R>> {
    this.#left = true;
    this.#handedOut?.release();
    if (this.#reading === undefined) this.#finish();
    this.#reading?.stop(undefined);
    await this.#reading?.settled.catch(() => undefined);
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #start(): void {
    try {
      this.#reading = this.#open();
    } catch (error) {
      this.#finish({ error });
      return;
    }
    this.#reading.settled.then(
      () => this.#finish(),
      (error) => this.#finish(this.#left ? undefined : { error }),
    );
    this.#reading.start();
  }

  #deliver(): void {
    while (this.#asking.size > 0) {
      const head = this.#entries[0];
      if (head?.result) {
        this.#entries.shift();
        // Somebody who has asked again already is done with what he will get now.
        if (this.#asking.size > 1) head.slot.release();
        else this.#handedOut = head.slot;
        this.#asking.serve({ done: false, value: head.result.value });
      } else if (this.#over) {
        const cause = this.#cause;
        this.#cause = undefined;
        this.#asking.serve(cause ? Promise.reject(cause.error) : { done: true, value: undefined });
      } else return;
    }
  }

  #finish(cause?: { readonly error: unknown }): void {
    this.#over = true;
    this.#cause = cause;
    if (cause || this.#left) {
      for (const { slot } of this.#entries.splice(0)) slot.release();
    }
    this.#deliver();
  }
}
