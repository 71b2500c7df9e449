import type { Semaphore } from "@sluice/semaphore";
import { each } from "./each.js";
import type { ForEachOptions } from "./options.js";
import { poolOf } from "./pool.js";
import type { ItemSource } from "./source.js";

/**
 * `ReadSlots.forEach` for one source, and nothing else of `ReadSlots`: a bundler leaves out the rest.
 *
 * - **Order:** items are read in order; tasks start in that order and finish as they do.
 * - **Abort:** reading stops, the source is cancelled, the tasks' signal aborts; rejects with
 *   `signal.reason` when the tasks in progress have settled. A stalled source is not waited for.
 * - **Errors:** the first failure of a task or of the source, in the same way; `ERR_INVALID_VALUE`,
 *   `ERR_NOT_A_SOURCE`, `ERR_ITEM_TOO_HEAVY`, and those of `Semaphore.acquire`.
 *
 * @example
 * ```ts
 * const seen: number[] = [];
 * await forEach(2, [1, 2, 3], async (n) => {
 *   seen.push(n);
 * });
 * seen; // => [1, 2, 3]
 * ```
 */
export async function forEach<T>(
  slots: number | Semaphore,
  source: ItemSource<T>,
  task: (item: T, signal: AbortSignal) => unknown,
  options: ForEachOptions<T> = {},
): Promise<void> {
  await each(poolOf(slots), source, task, options);
}
