import type { Leak } from "./leaks.js";

export interface SemaphoreOptions {
  /** Stands in error messages and snapshots. */
  name?: string | undefined;
  /** How many may wait; one more is shed at once with `ERR_OVERLOADED`. Unbounded if left out. */
  maxWaiting?: number | undefined;
  /**
   * Hears of permits that were collected before they were given back, each with the place where it was acquired.
   * Their weight comes back, and serves whoever fits. When that happens is up to the garbage collector: it finds
   * bugs, and is no way to release. Each permit then costs a stack and an entry in a `FinalizationRegistry`.
   */
  onLeak?: ((leak: Leak) => void) | undefined;
}
