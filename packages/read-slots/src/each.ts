import { checkCall, type ForEachOptions } from "./options.js";
import { observed, type Pool, type Read } from "./pool.js";
import { Reading } from "./reading.js";
import type { ItemSource } from "./source.js";

//  A lane works on an item, gives its slot back, and takes the next item itself if that is at hand:
//
//  onItem ──▶ working ──settled──▶ slot back ──next item at hand──▶ working
//                                     └──────nothing at hand──────▶ over; `onItem` starts another lane
//
//  So a source that answers at once costs one `await` an item, and no promise of its own.

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
  const reading: Reading<T> = new Reading(pool, source, (read) => void work(read), options);

  async function work(first: Read<T>): Promise<void> {
    for (let read: Read<T> | undefined = first; read; read = reading.next()) {
      try {
        const outcome = run(read.item, reading.signal);
        reading.fill();
        // Only an object can be something to wait for.
        if (Object(outcome) === outcome) await outcome;
      } catch (cause) {
        reading.fail(read.slot, cause);
        return;
      }
      reading.giveBack(read.slot);
      reading.settle();
    }
  }

  reading.start();
  return reading.settled;
}
