import { InvalidValueError, MemoryBudget, type SemaphoreOptions } from "@sluice/semaphore";
import { bytesOf } from "./bytes-of.js";
import { type Machine, memoryBounds } from "./memory-bounds.js";

export interface ContainerBudgetOptions extends SemaphoreOptions {
  /**
   * The part of the memory that the budget lends out, above 0 and at most 1. A half unless told: the rest is for
   * the program itself, for what the runtime has not collected yet, and for the buffers of sockets and files.
   */
  share?: number | undefined;
  /**
   * Bytes: the budget is never smaller, however small the share is. `"8MiB"`, one part of an upload, unless told.
   * More than there is in all is refused.
   */
  floor?: number | string | undefined;
  /** Where to look, for tests. */
  machine?: Machine | undefined;
}

/**
 * A budget of a share of the memory that this process may use: of its container's limit, or else of the machine's.
 * It looks once; `resize` follows later changes.
 *
 * Throws `ERR_INVALID_VALUE` for a share or a floor that makes no sense.
 *
 * @example
 * ```ts
 * const budget = budgetFromContainer({ share: 0.5, floor: "16MiB" });
 * ```
 */
export function budgetFromContainer(options: ContainerBudgetOptions = {}): MemoryBudget {
  const { share = 0.5, floor = "8MiB", machine, ...rest } = options;
  if (!(share > 0 && share <= 1)) throw new InvalidValueError("share", share, "above 0 and at most 1");
  const { limit } = memoryBounds(machine);
  return new MemoryBudget(Math.max(bytesOf("floor", floor, limit), Math.floor(limit * share)), rest);
}
