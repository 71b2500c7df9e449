import type { StoreLimits } from "@sluice/object-store";
import { InvalidValueError, parseBytes, type Semaphore } from "@sluice/semaphore";
import { LengthMismatchError, ObjectTooLargeError, PartTooLargeForBudgetError } from "./errors.js";

/** What is settled before the first byte is read. */
export interface Plan {
  /** Bytes of every part but the last. */
  readonly partSize: number;
  /** Bytes of the body, if they are known. */
  readonly length: number | undefined;
  /** The most bytes that parts of this size may hold within the store's limits. */
  readonly maxBytes: number;
  readonly maxParts: number;
}

export interface PlanOptions {
  readonly length?: number | undefined;
  readonly partSize?: number | string | undefined;
  readonly budget?: Semaphore | undefined;
}

const DEFAULT_PART_SIZE = 8 * 2 ** 20;

/**
 * Chooses the part size, and refuses what could never be uploaded. A given part size is never changed, since
 * the caller's memory hangs on it; the default grows with a known length, and shrinks to fit the budget.
 */
export function planParts(limits: StoreLimits, bodyLength: number | undefined, options: PlanOptions): Plan {
  const length = knownLength(bodyLength, options.length);
  const given = options.partSize === undefined ? undefined : givenSize(options.partSize, limits);
  const least = Math.max(limits.minPartSize, Math.ceil((length ?? 0) / limits.maxParts));
  const size = given ?? Math.min(Math.max(DEFAULT_PART_SIZE, least), limits.maxPartSize);
  const partSize = fitBudget(size, given ?? least, length, options.budget);

  const maxBytes = Math.min(partSize * limits.maxParts, limits.maxObjectSize);
  if (length !== undefined && length > maxBytes) {
    throw new ObjectTooLargeError(maxBytes, partSize, limits.maxParts);
  }
  return { partSize, length, maxBytes, maxParts: limits.maxParts };
}

function knownLength(own: number | undefined, declared: number | undefined): number | undefined {
  if (declared === undefined) return own;
  if (!Number.isSafeInteger(declared) || declared < 0) {
    throw new InvalidValueError("length", declared, "a whole number of bytes from 0 up");
  }
  if (own !== undefined && own !== declared) throw new LengthMismatchError(declared, own);
  return declared;
}

function givenSize(partSize: number | string, { minPartSize, maxPartSize }: StoreLimits): number {
  const bytes = typeof partSize === "string" ? parseBytes(partSize) : partSize;
  if (!Number.isSafeInteger(bytes) || bytes < minPartSize || bytes > maxPartSize) {
    throw new InvalidValueError("partSize", partSize, `${minPartSize} to ${maxPartSize} bytes on this store`);
  }
  return bytes;
}

function fitBudget(size: number, least: number, length: number | undefined, budget?: Semaphore): number {
  // A body that is shorter than a part needs no more than itself.
  const needed = (part: number) => Math.min(part, length ?? part);
  if (budget === undefined || needed(size) <= budget.capacity) return size;
  if (needed(least) <= budget.capacity) return budget.capacity;
  throw new PartTooLargeForBudgetError(needed(size), budget.capacity, needed(least));
}
