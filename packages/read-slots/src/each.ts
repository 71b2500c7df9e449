import type { Permit } from "@sluice/semaphore";
import { checkCall, type ForEachOptions } from "./options.js";
import { observed, type Pool, type Read } from "./pool.js";
import { Reading } from "./reading.js";
import type { ItemSource } from "./source.js";

//  A lane works on an item, gives its slot back, and takes the next item itself if that is at hand:
//
//  onItem ──▶ working ──settled──▶ slot back ──next item at hand──▶ working
//                                     └──────nothing at hand──────▶ over; `onItem` starts another lane
//
//  So a source that answers at once costs one `then` an item, and no promise of its own. No async function: it would keep
//  more for each item in progress, and with a thousand of those it was slower.

type Task<T> = (item: T, signal: AbortSignal) => unknown;

/** Runs the task on each item, as far as the pool has slots. Settles when the reading has; throws what is wrong with the call. */
export function each<T>(
  pool: Pool,
  source: ItemSource<T>,
  task: Task<T>,
  options: ForEachOptions<T>,
): Promise<void> {
  checkCall(source, task, options);
  const run = observed(pool, task);
  const reading: Reading<T> = new Reading(pool, source, work, options);

  function work(first: Read<T> | undefined): void {
    for (let read = first; read; ) {
      const { item, slot } = read;
      const fail = (cause: unknown): void => reading.fail(slot, cause);
      try {
        const outcome = run(item, reading.signal);
        reading.fill();
        // Only an object can be something to wait for.
        if (Object(outcome) === outcome) {
          Promise.resolve(outcome).then(() => work(after(slot)), fail);
          return;
        }
      } catch (cause) {
        fail(cause);
        return;
      }
      read = after(slot);
    }
  }

  function after(slot: Permit): Read<T> | undefined {
    reading.giveBack(slot);
    reading.settle();
    return reading.next();
  }

  reading.start();
  return reading.settled;
}
