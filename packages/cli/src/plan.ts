import { UsageError } from "./failure.js";
import { sizeText } from "./size-text.js";

const MiB = 2 ** 20;
const SMALLEST_PART = 5 * MiB;
const USUAL_PART = 8 * MiB;
const USUAL_SLOTS = 4;
const MOST_PARTS = 10_000;

export interface Wish {
  /** Bytes. */
  readonly budget: number;
  readonly slots?: number | undefined;
  /** Bytes. */
  readonly partSize?: number | undefined;
  /** Bytes of the object to be made, if they are known. */
  readonly length?: number | undefined;
}

export interface Plan {
  readonly slots: number;
  /** Bytes. */
  readonly partSize: number;
}

/**
 * How many parts of which size fit into a budget. What was not asked for is derived: 4 parts of 8 MiB, or less of
 * either in a small budget. More slots than fit are no mistake, they wait for the budget; a part that never fits is.
 */
export function plan({ budget, slots, partSize, length = 0 }: Wish): Plan {
  if (partSize !== undefined && partSize < SMALLEST_PART) {
    throw new UsageError(
      `--part-size must be at least 5MiB: S3 takes no smaller part, got ${sizeText(partSize)}`,
    );
  }
  const needed = Math.ceil(length / MOST_PARTS / MiB) * MiB;
  const least = partSize ?? Math.max(SMALLEST_PART, needed);
  if (budget < least) {
    throw new UsageError(`--budget must have room for a part of ${sizeText(least)}, got ${sizeText(budget)}`);
  }
  const fitting = slots ?? Math.min(USUAL_SLOTS, Math.floor(budget / least));
  const share = Math.floor(budget / fitting / MiB) * MiB;
  return { slots: fitting, partSize: partSize ?? Math.max(least, Math.min(USUAL_PART, share)) };
}
