import type { Checksum, ObjectInfo, RetryOptions } from "@sluice/object-store";
import type { Permit, Semaphore } from "@sluice/semaphore";
import type { DownloadOptions } from "./download.js";
import type { Asking, OpenBody } from "./open-body.js";

/** Bytes `start` to `end`, the last included. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where the bytes of one range go. */
export interface RangePlace {
  /** Takes the next bytes of the range; the next ones come when the promise has settled. */
  write(chunk: Uint8Array): void | Promise<void>;
  /** All have come. */
  end(): void | Promise<void>;
}

/** What a range holds at the most: what a place gathers before it writes, and the chunk that has just come. */
export const LANE = 512 * 1024;

export interface ScatteredOptions
  extends Pick<
    DownloadOptions,
    "window" | "rangeSize" | "budget" | "integrity" | "idleTimeout" | "retry" | "signal"
  > {
  /** Asks what the object is and for none of its bytes: for who may have some of them. */
  readonly head: boolean;
}

/** @internal */
export interface Scattering {
  readonly asking: Asking;
  readonly info: ObjectInfo;
  readonly checksum: Checksum | undefined;
  readonly stop: (reason: unknown) => void;
  readonly retry: RetryOptions;
  readonly rangeSize: number;
  readonly window: number;
  readonly budget: Semaphore | undefined;
  readonly first: { readonly body: OpenBody; readonly permit: Permit | undefined } | undefined;
  /** Called once, when nothing more is going to happen. */
  readonly onEnd: () => void;
}

/** A budget that has not even one lane's share makes the ranges so short that it can pay for all of their bytes. */
export function lengthOf(
  left: number,
  { rangeSize, budget }: Pick<Scattering, "rangeSize" | "budget">,
): number {
  const capacity = budget?.capacity ?? LANE;
  return Math.min(left, rangeSize, capacity < LANE ? capacity : rangeSize);
}
