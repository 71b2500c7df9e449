import { parseBytes } from "./bytes.js";
import type { SemaphoreOptions } from "./options.js";
import { Semaphore } from "./semaphore.js";

/**
 * A semaphore whose unit is the byte. Take a permit before the bytes exist; give it back when their last
 * holder is done with them.
 *
 * @example
 * ```ts
 * const budget = new MemoryBudget("64MiB");
 * const permit = await budget.acquire(8 * 1024 * 1024);
 * ```
 */
export class MemoryBudget extends Semaphore {
  constructor(bytes: number | string, options?: SemaphoreOptions) {
    super(typeof bytes === "string" ? parseBytes(bytes) : bytes, options);
  }
}
