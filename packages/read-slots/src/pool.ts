import type { Permit, Semaphore } from "@sluice/semaphore";

/** An item, and the slot that it holds from before it was read until `giveBack`. */
export interface Read<T> {
  readonly item: T;
  readonly slot: Permit;
}

/** Whose slots are read with. */
export interface Pool {
  readonly slots: Semaphore;
  /** Nobody else knows the semaphore: what this pool's readings give back is all that ever comes back. */
  readonly own: boolean;
  /** Who is reading now. */
  readonly readings: Set<{ readonly isAsking: boolean; readonly inProgress: number }>;
  /** Items that were read, those of them that failed, and results that nobody has taken yet. */
  readonly totals: { read: number; failed: number; ready: number };
}
