import type { Work } from "../run/clock.js";

/** Waits in a line that does not move, behind others, until the signal aborts. */
export type Wait = (signal?: AbortSignal) => Promise<unknown>;

/** What the tables ask of a semaphore; what a subject leaves out it does not have, or has no other way to do. */
export interface Subject {
  /** `tryAcquire` and `release`, without a promise. */
  readonly pairs?: Work;
  /** `acquire` and `release`, each awaited, and nobody else there. */
  readonly turns?: Work;
  /** A task that does nothing, by whatever is meant for tasks. */
  readonly runs?: Work;
  /** Lines of this length behind one holder: each waiter takes its turn and gives the permit to the next. */
  line?(length: number): Work;
  /** A line behind a holder that never gives back. */
  full?(): Promise<Wait>;
  /** Takes and gives back 64 KiB of 1 GiB while all the rest is free. */
  readonly heavy?: Work;
}
