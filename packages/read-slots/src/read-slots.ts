import { admit, type Ending } from "@sluice/release";
import type { Semaphore } from "@sluice/semaphore";
import { each } from "./each.js";
import { Mapped } from "./mapped.js";
import {
  check,
  checkCall,
  checkOptions,
  type ForEachOptions,
  type MapOptions,
  type OpenOptions,
} from "./options.js";
import { observed, type Pool, poolOf } from "./pool.js";
import { type ReadSlotsSnapshot, snapshotOf } from "./snapshot.js";
import type { ItemSource } from "./source.js";

/**
 * At most N reads between "asked for" and "done with". A slot is taken before the source is asked for an
 * item, and freed when the work on that item has settled; so nothing is read ahead of what can be worked on.
 *
 * @example
 * ```ts
 * const slots = new ReadSlots(4);
 * await slots.forEach(lines, (line, signal) => post(line, signal));
 * ```
 */
export class ReadSlots {
  readonly #pool: Pool;

  /**
   * A number of its own, or a semaphore shared with others. An `AdaptiveSemaphore` learns from how the tasks end.
   *
   * Throws `ERR_INVALID_VALUE` for anything else.
   */
  constructor(slots: number | Semaphore) {
    this.#pool = poolOf(slots);
  }

  /**
   * Reads the source to its end and runs the task on each item. Resolves when all tasks have settled.
   *
   * - **Order:** items are read in order; tasks start in that order and finish as they do.
   * - **Abort:** reading stops, the source is cancelled, the tasks' signal aborts; rejects with
   *   `signal.reason` when the tasks in progress have settled. A stalled source is not waited for.
   * - **Errors:** the first failure of a task or of the source, in the same way; `ERR_INVALID_VALUE`,
   *   `ERR_NOT_A_SOURCE`, `ERR_ITEM_TOO_HEAVY`, and those of `Semaphore.acquire`.
   */
  async forEach<T>(
    source: ItemSource<T>,
    task: (item: T, signal: AbortSignal) => unknown,
    options: ForEachOptions<T> = {},
  ): Promise<void> {
    await each(this.#pool, source, task, options);
  }

  /**
   * The results of the task, as an iterable that reads nothing until it is asked. What was read and not yet
   * taken by the consumer never exceeds the slots: a slow first item stops the reading, it does not grow a
   * buffer. Leaving the loop cancels the source, aborts the tasks' signal and waits for what is in progress.
   *
   * - **Order:** that of the source, or of completion with `ordered: false`.
   * - **Abort:** the iteration rejects with `signal.reason`; results not yet taken are dropped.
   * - **Errors:** the first failure of a task or of the source, in the same way. What was wrong with the call is thrown
   *   by the call.
   */
  map<T, R>(
    source: ItemSource<T>,
    task: (item: T, signal: AbortSignal) => R | PromiseLike<R>,
    options: MapOptions<T> = {},
  ): AsyncIterableIterator<R> & AsyncDisposable {
    checkCall(source, task, options);
    return new Mapped(this.#pool, source, observed(this.#pool, task), options);
  }

  /**
   * Opens a stream in a slot, which is freed when that stream has ended, failed or been left. So `fetch` holds its slot
   * until the body has been read; with `until: "headers"`, only until the response is there.
   *
   * - **Order:** first come, first served.
   * - **Abort:** ends the wait for a slot with `signal.reason`; nothing was opened.
   * - **Errors:** `ERR_INVALID_VALUE`; those of `Semaphore.acquire`; whatever `open` throws, with the slot free again.
   */
  async open<S extends Ending>(open: () => S | PromiseLike<S>, options: OpenOptions = {}): Promise<S> {
    checkOptions(options);
    check("open", open, "a function", typeof open === "function");
    const { until = "end", weight = 1, ...rest } = options;
    check("until", until, '"end" or "headers"', until === "end" || until === "headers");
    const { slots } = this.#pool;
    if (until === "headers") return slots.use(weight, () => open(), rest);
    return admit(slots, weight, observed(this.#pool, open), rest);
  }

  /** What is going on, to be watched. */
  snapshot(): ReadSlotsSnapshot {
    return snapshotOf(this.#pool);
  }
}
