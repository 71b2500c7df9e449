import type { SemaphoreSnapshot } from "@sluice/semaphore";
import type { AdaptiveFacts } from "./adaptive-options.js";
import type { Pool } from "./pool.js";

/**
 * A plain record of a moment. What stands in `SemaphoreSnapshot` is about all who use the slots, if they are shared.
 * There, `waiting` counts who stands in line for a slot; a reading that holds all of them itself does not.
 */
export interface ReadSlotsSnapshot extends SemaphoreSnapshot {
  /** Reads that were asked for and have not come yet. */
  readonly reading: number;
  /** Items that are being worked on. */
  readonly working: number;
  /** Results of `map` that wait for their consumer, or for an earlier one. */
  readonly ready: number;
  /** Items that were read until now. */
  readonly read: number;
  /** Those of them whose work is done, and whose work failed. */
  readonly done: number;
  readonly failed: number;
  /** How the limit has found its place, if it is an `AdaptiveSemaphore`. */
  readonly adaptive: AdaptiveFacts | undefined;
}

/** Adds up what the readings of a pool are doing. */
export function snapshotOf({ slots, adaptive, readings, totals }: Pool): ReadSlotsSnapshot {
  let reading = 0;
  let working = 0;
  for (const { isAsking, inProgress } of readings) {
    if (isAsking) reading++;
    working += inProgress;
  }
  const done = totals.read - totals.failed - working;
  return { ...slots.snapshot(), ...totals, reading, working, done, adaptive: adaptive?.facts() };
}
