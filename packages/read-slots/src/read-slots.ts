import { type AdmitOptions, admit, type Ending } from "@sluice/release";
import { Semaphore, type SemaphoreSnapshot } from "@sluice/semaphore";
import { type MapOptions, Mapped } from "./mapped.js";
import { Reading } from "./reading.js";
import type { ItemSource } from "./source.js";

export interface ForEachOptions {
  /** When it aborts, reading stops and the call rejects with `signal.reason`. */
  signal?: AbortSignal | undefined;
}

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
  readonly #slots: Semaphore;

  /** A number of its own, or a semaphore shared with others; each read weighs 1. */
  constructor(slots: number | Semaphore) {
    this.#slots = typeof slots === "number" ? new Semaphore(slots, { name: "read slots" }) : slots;
  }

  /**
   * Reads the source to its end and runs the task on each item. Resolves when all tasks have settled.
   *
   * - **Order:** items are read in order; tasks start in that order and finish as they do.
   * - **Abort:** reading stops, the source is cancelled, the tasks' signal aborts; rejects with
   *   `signal.reason` when the tasks in progress have settled. A stalled source is not waited for.
   * - **Errors:** the first failure of a task or of the source, in the same way.
   */
  async forEach<T>(
    source: ItemSource<T>,
    task: (item: T, signal: AbortSignal) => unknown,
    { signal }: ForEachOptions = {},
  ): Promise<void> {
    const reading: Reading<T> = new Reading(
      this.#slots,
      source,
      (item, slot) => {
        void reading.run(
          () => task(item, reading.signal),
          () => slot.release(),
        );
      },
      signal,
    );
    reading.start();
    await reading.settled;
  }

  /**
   * The results of the task, as an iterable that reads nothing until it is asked. What was read and not yet
   * taken by the consumer never exceeds the slots: a slow first item stops the reading, it does not grow a
   * buffer. Leaving the loop cancels the source, aborts the tasks' signal and waits for what is in progress.
   *
   * - **Order:** that of the source, or of completion with `ordered: false`.
   * - **Abort:** the iteration rejects with `signal.reason`; results not yet taken are dropped.
   * - **Errors:** the first failure of a task or of the source, in the same way.
   */
  map<T, R>(
    source: ItemSource<T>,
    task: (item: T, signal: AbortSignal) => R | PromiseLike<R>,
    options: MapOptions = {},
  ): AsyncIterableIterator<R> {
    return new Mapped(this.#slots, source, task, options);
  }

  /**
   * Opens a stream in a slot, which is freed when that stream has ended, failed or been left.
   *
   * - **Order:** first come, first served.
   * - **Abort:** ends the wait for a slot with `signal.reason`; nothing was opened.
   * - **Errors:** those of `Semaphore.acquire`; whatever `open` throws, with the slot free again.
   */
  open<S extends Ending>(open: () => S | PromiseLike<S>, options?: AdmitOptions): Promise<S> {
    return admit(this.#slots, 1, open, options);
  }

  snapshot(): SemaphoreSnapshot {
    return this.#slots.snapshot();
  }
}
