import type { SemaphoreOptions, SemaphoreSnapshot } from "@sluice/semaphore";
import type { LatencyOptions } from "./latency.js";

export interface AdaptiveOptions extends SemaphoreOptions {
  /** The floor, 1 unless told, and the ceiling of the limit. */
  min?: number | undefined;
  max: number;
  /** Where the limit begins; 10, or the bound that is next to it, unless told. */
  start?: number | undefined;
  /** What a cut leaves of the limit: more than 0 and less than 1; 0.7 unless told. */
  backoff?: number | undefined;
  /**
   * Whether a result, or what was thrown, asks to slow down. Unless told: `slowDown: true`, the code or name `SlowDown`,
   * a status of 429 or 503.
   */
  slowsDown?: ((outcome: unknown) => boolean) | undefined;
  /**
   * Looks at how long works take, too: the limit stops to grow, or shrinks by one, while more at a time would only wait on
   * the other side. Of works whose time is the other side's alone: those that are begun with a size. Off if left out.
   */
  latency?: LatencyOptions | undefined;
}

/** A work that has been begun. Who never says how it has ended has said nothing. */
export interface Work {
  /** It has ended well, unless the result asks to slow down. */
  ended(result?: unknown): void;
  failed(cause: unknown): void;
}

/** How the limit has found its place. */
export interface AdaptiveFacts {
  readonly min: number;
  readonly max: number;
  /** How often it was raised, and cut. */
  readonly raises: number;
  readonly cuts: number;
  /** How many works waited on the other side at the last look, if `latency` is on. */
  readonly waitingThere: number | undefined;
  /** The last change, and what made it. */
  readonly last: { readonly from: number; readonly to: number; readonly why: string } | undefined;
}

export interface AdaptiveSnapshot extends SemaphoreSnapshot, AdaptiveFacts {}
