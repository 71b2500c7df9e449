/** How long an acquire waits. */
export interface WaitLike {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds. */
  readonly timeout?: number | undefined;
}

/** A weight on loan, as the laws need it. */
export interface PermitLike {
  readonly weight: number;
  release(): void;
  /** M13: makes a part of it a permit of its own. */
  split?(weight: number): PermitLike;
  /** M13: keeps this much, gives back the rest. */
  shrink?(weight: number): void;
}

/**
 * A weighted semaphore, as the laws need it: `@sluice/semaphore` fits, and so does any other with a small
 * adapter. What a subject lacks, its laws are waived for, with the reason.
 */
export interface SemaphoreLike {
  readonly capacity: number;
  /** The weights of the live permits. */
  readonly held: number;
  /** How many stand in line. */
  readonly waiting: number;
  tryAcquire(weight: number): PermitLike | undefined;
  acquire(weight: number, options?: WaitLike): Promise<PermitLike>;
  /** M14. */
  resize?(capacity: number): void;
  /** M8. */
  close?(reason?: unknown): void;
  /** M8 checks it where it exists. */
  whenIdle?(): Promise<void>;
}

export interface SemaphoreLikeOptions {
  /** How many may wait (M12). */
  readonly maxWaiting?: number;
}

/** Makes a fresh semaphore; called once or more for each schedule. */
export type MakeSemaphore = (capacity: number, options: SemaphoreLikeOptions) => SemaphoreLike;
