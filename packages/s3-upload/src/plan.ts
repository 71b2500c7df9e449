import type { StoreLimits } from "@sluice/object-store";
import { InvalidValueError, parseBytes, type Semaphore } from "@sluice/semaphore";
import { LengthMismatchError, ObjectTooLargeError, PartTooLargeForBudgetError } from "./errors.js";
import { type Growth, growthTo, sizeOfAll } from "./growth.js";

/** What is settled before the first byte is read. */
export interface Plan {
  /** Bytes of every part but the last. */
  readonly growth: Growth;
  /** Bytes that are gathered before there is room for the part that they begin. */
  readonly window: number;
  /** Bytes of the body, if they are known. */
  readonly length: number | undefined;
  /** The most bytes that parts of this size may hold within the store's limits. */
  readonly maxBytes: number;
  readonly maxParts: number;
  /** Left out where all parts go straight to the target. */
  readonly blocks?: Blocks | undefined;
}

/** How parts are put together on the store. */
export interface Blocks {
  /** Parts before the first block. */
  readonly direct: number;
  /** Parts that a block has at the most, at least 2. */
  readonly blockParts: number;
  /** What the keys of the temporary objects begin with. */
  readonly base: string;
}

export interface PlanOptions {
  readonly length?: number | undefined;
  readonly partSize?: number | string | undefined;
  /** What all parts share, in memory or wherever they wait. */
  readonly budget?: Semaphore | undefined;
  readonly slots: number;
  readonly growth?: "double" | "uniform" | undefined;
  /** Bytes to which the parts grow, where that is settled already. */
  readonly largestPartSize?: number | undefined;
}

const DEFAULT_PART_SIZE = 8 * 2 ** 20;
const LARGEST_WINDOW = 2 ** 16;

/**
 * Chooses the part size, and refuses what could never be uploaded. A given part size is never changed, since
 * the caller's memory hangs on it; the default grows with a known length, and shrinks to fit the budget.
 */
export function planParts(limits: StoreLimits, bodyLength: number | undefined, options: PlanOptions): Plan {
  const length = knownLength(bodyLength, options.length);
  const given = options.partSize === undefined ? undefined : givenSize(options.partSize, limits);
  const { partMultiple = 1 } = limits;
  const needed = Math.max(limits.minPartSize, Math.ceil((length ?? 0) / limits.maxParts));
  const least = Math.ceil(needed / partMultiple) * partMultiple;
  const wanted = Math.max(DEFAULT_PART_SIZE, least, length === undefined ? equalSize(limits, options) : 0);
  const size = given ?? whole(Math.min(wanted, limits.maxPartSize), partMultiple);
  const partSize = fitBudget(size, given ?? least, length, partMultiple, options.budget);
  const growth = growthFrom(partSize, length, limits, options);

  const maxBytes = Math.min(sizeOfAll(growth, limits.maxParts), limits.maxObjectSize);
  if (length !== undefined && length > maxBytes) {
    throw new ObjectTooLargeError(maxBytes, partSize, limits.maxParts);
  }
  // Less than a hundredth of what a part costs.
  const window = Math.min(LARGEST_WINDOW, Math.ceil(partSize / 128));
  return { growth, window, length, maxBytes, maxParts: limits.maxParts };
}

function growthFrom(
  first: number,
  length: number | undefined,
  { maxPartSize, maxParts, equalParts = false }: StoreLimits,
  { growth, partSize, budget, slots, largestPartSize }: PlanOptions,
): Growth {
  if (growth !== undefined && growth !== "double" && growth !== "uniform") {
    throw new InvalidValueError("growth", growth, '"double" or "uniform"');
  }
  if (equalParts && growth === "double") {
    throw new InvalidValueError(
      "growth",
      growth,
      '"uniform", or left out, on a store that wants equal parts',
    );
  }
  if (largestPartSize !== undefined) return growthTo(first, largestPartSize, maxParts);
  const byDefault = partSize === undefined && !equalParts ? "double" : "uniform";
  const doubles = (growth ?? byDefault) === "double";
  if (!doubles || length !== undefined) return growthTo(first, first, maxParts);
  // One part is read while another is sent, however large they are.
  const share = (budget?.capacity ?? slots * first) / Math.min(slots, 2);
  return growthTo(first, Math.min(share, maxPartSize), maxParts);
}

// Where parts cannot grow, they are as large from the first on as lets all slots have one, and reaches the largest object.
function equalSize({ equalParts, maxObjectSize, maxParts }: StoreLimits, options: PlanOptions): number {
  const { budget, slots } = options;
  if (!equalParts || budget === undefined) return 0;
  return Math.floor(Math.min(budget.capacity / slots, Math.ceil(maxObjectSize / maxParts)));
}

function knownLength(own: number | undefined, declared: number | undefined): number | undefined {
  if (declared === undefined) return own;
  if (!Number.isSafeInteger(declared) || declared < 0) {
    throw new InvalidValueError("length", declared, "a whole number of bytes from 0 up");
  }
  if (own !== undefined && own !== declared) throw new LengthMismatchError(declared, own);
  return declared;
}

/** The largest multiple that is not larger. */
const whole = (size: number, multiple: number) => size - (size % multiple);

function givenSize(
  partSize: number | string,
  { minPartSize, maxPartSize, partMultiple = 1 }: StoreLimits,
): number {
  const bytes = typeof partSize === "string" ? parseBytes(partSize) : partSize;
  if (!Number.isSafeInteger(bytes) || bytes < minPartSize || bytes > maxPartSize) {
    throw new InvalidValueError("partSize", partSize, `${minPartSize} to ${maxPartSize} bytes on this store`);
  }
  if (bytes % partMultiple !== 0) {
    throw new InvalidValueError("partSize", partSize, `a multiple of ${partMultiple} bytes on this store`);
  }
  return bytes;
}

function fitBudget(
  size: number,
  least: number,
  length: number | undefined,
  multiple: number,
  budget?: Semaphore,
): number {
  // A body that is shorter than a part needs no more than itself.
  const needed = (part: number) => Math.min(part, length ?? part);
  if (budget === undefined || needed(size) <= budget.capacity) return size;
  if (needed(least) <= budget.capacity) return whole(budget.capacity, multiple);
  throw new PartTooLargeForBudgetError(needed(size), budget.capacity, needed(least));
}
