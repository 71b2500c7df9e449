import { type Permit, WaitingLine } from "@sluice/semaphore";
import type { MapOptions } from "./options.js";
import type { Pool, Read } from "./pool.js";
import { Reading } from "./reading.js";
import { type Result, Results } from "./results.js";
import type { ItemSource } from "./source.js";

//  idle ──first next()──▶ flowing ──source ended──────────▶ over
//    │                       ├──────failure, abort────────▶ over, the cause goes to one next()
//    └──return()─────────────┴──────return()──────────────▶ over
//
//  A slot is taken before the read. It goes back when the consumer asks for what comes after the result, or
//  leaves: until then somebody holds what was read. So the window moves only with the oldest result.

/** The results of a task over a source, read no further ahead than the slots allow. */
export class Mapped<T, R> implements AsyncIterableIterator<R>, AsyncDisposable {
  readonly #pool: Pool;
  readonly #open: () => Reading<T>;
  readonly #task: (item: T, signal: AbortSignal) => R | PromiseLike<R>;
  readonly #ordered: boolean;
  /** Ordered: all that was read and not handed out. Otherwise: what has finished of it. */
  readonly #results = new Results<R>();
  readonly #asking = new WaitingLine<IteratorResult<R>>();
  #reading: Reading<T> | undefined;
  #handedOut: Permit | undefined;
  #over = false;
  #left = false;
  #cause: { readonly error: unknown } | undefined;

  constructor(
    pool: Pool,
    source: ItemSource<T>,
    task: (item: T, signal: AbortSignal) => R | PromiseLike<R>,
    options: MapOptions<T>,
  ) {
    this.#pool = pool;
    this.#task = task;
    this.#ordered = options.ordered ?? true;
    this.#open = () => new Reading(pool, source, (read) => this.#work(read), options);
  }

  next(): Promise<IteratorResult<R>> {
    const reading = this.#reading ?? this.#start();
    this.#dropHandedOut();
    reading?.pump();
    // While somebody is asking, none is ready: he would have got it.
    const result = this.#takeReady();
    if (result) {
      this.#handedOut = result.slot;
      return Promise.resolve({ done: false, value: result.value as R });
    }
    const answer = this.#asking.park(1, undefined);
    this.#deliver();
    return answer;
  }

  async return(): Promise<IteratorResult<R>> {
    this.#left = true;
    this.#dropHandedOut();
    this.#reading?.stop(undefined);
    await this.#reading?.settled.catch(() => undefined);
    // Also when all was over long ago: results may be left that nobody is going to take.
    this.#finish();
    return { done: true, value: undefined };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #start(): Reading<T> | undefined {
    if (this.#over || this.#left) return undefined;
    try {
      this.#reading = this.#open();
    } catch (error) {
      this.#finish({ error });
      return undefined;
    }
    this.#reading.settled.then(
      () => this.#finish(),
      (error) => this.#finish(this.#left ? undefined : { error }),
    );
    this.#reading.start();
    return this.#reading;
  }

  // No async function: it would keep more for each item in progress, and with a thousand of those it was slower.
  #work({ item, slot }: Read<T>): void {
    const reading = this.#reading!;
    const result: Result<R> = { value: undefined, isReady: false, slot, after: undefined };
    if (this.#ordered) this.#results.add(result);
    const finish = (value: R): void => {
      result.value = value;
      result.isReady = true;
      this.#pool.totals.ready++;
      if (!this.#ordered) this.#results.add(result);
      this.#deliver();
      reading.settle();
    };
    try {
      const outcome = this.#task(item, reading.signal);
      // Only an object can be something to wait for.
      if (Object(outcome) === outcome)
        Promise.resolve(outcome).then(finish, (cause) => reading.fail(slot, cause));
      else finish(outcome as R);
    } catch (cause) {
      reading.fail(slot, cause);
    }
  }

  #deliver(): void {
    let freed = false;
    while (this.#asking.size > 0) {
      const result = this.#takeReady();
      if (result) {
        // Somebody who has asked again already is done with what he will get now.
        freed = this.#asking.size > 1;
        if (freed) this.#reading!.giveBack(result.slot);
        else this.#handedOut = result.slot;
        this.#asking.serve({ done: false, value: result.value as R });
      } else if (this.#over) {
        const cause = this.#cause;
        this.#cause = undefined;
        this.#asking.serve(cause ? Promise.reject(cause.error) : { done: true, value: undefined });
      } else break;
    }
    if (freed) this.#reading!.pump();
  }

  #takeReady(): Result<R> | undefined {
    const result = this.#results.takeReady();
    if (result) this.#pool.totals.ready--;
    return result;
  }

  #dropHandedOut(): void {
    if (this.#handedOut) this.#reading!.giveBack(this.#handedOut);
    this.#handedOut = undefined;
  }

  #finish(cause?: { readonly error: unknown }): void {
    this.#over = true;
    this.#cause = cause;
    if (cause || this.#left) {
      for (const { slot, isReady } of this.#results.takeAll()) {
        if (isReady) this.#pool.totals.ready--;
        slot.release();
      }
    }
    this.#deliver();
  }
}
