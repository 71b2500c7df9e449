export interface SemaphoreOptions {
  /** Stands in error messages and snapshots. */
  name?: string | undefined;
  /** How many may wait; one more is shed at once with `ERR_OVERLOADED`. Unbounded if left out. */
  maxWaiting?: number | undefined;
}
