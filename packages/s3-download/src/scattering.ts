import type { ObjectInfo } from "@sluice/object-store";
import type { Semaphore } from "@sluice/semaphore";
import type { Asking, Pin } from "./asking.js";
import type { Comparison } from "./integrity.js";
import type { DownloadOptions } from "./options.js";
import type { Paid } from "./paid-range.js";
import type { Begun } from "./range-read.js";

/** Where the bytes of one range go. */
export interface RangePlace {
  /** Takes the next bytes of the range; the next ones come when the promise has settled. */
  write(chunk: Uint8Array): void | Promise<void>;
  /** All have come. */
  end(): void | Promise<void>;
}

export interface ScatteredOptions extends Omit<DownloadOptions, "range" | "onProgress"> {
  /** Asks what the object is and for none of its bytes: for who may have some of them. */
  readonly head: boolean;
}

/** @internal */
export interface Scattering {
  readonly asking: Asking;
  readonly pin: Pin;
  readonly info: ObjectInfo;
  readonly comparison: Comparison;
  /** Bytes of a range, when it is known that so many are missing. */
  readonly rangeSize: (missing: number) => number;
  readonly slots: Semaphore;
  readonly budget: Semaphore | undefined;
  readonly first: { readonly begun: Begun; readonly paid: Paid } | undefined;
}

/** Bytes that a range holds at the most: what its place gathers before it writes, and the chunk that has just come. */
export const LANE = 512 * 1024;

/** A budget that has not even one lane's share makes the ranges so short that it can pay for all of their bytes. */
export function affordable(length: number, budget: Semaphore | undefined): number {
  const capacity = budget?.capacity ?? LANE;
  return capacity < LANE ? Math.min(length, capacity) : length;
}
