import { type StoreLimits, utf8Size } from "@sluice/object-store";
import { InvalidValueError } from "@sluice/semaphore";
import { ObjectTooLargeError, PartTooLargeForBudgetError } from "./errors.js";
import { type Plan, type PlanOptions, planParts } from "./plan.js";

//  The places of the target's multipart upload, `maxParts` in all:
//
//  | part | part | … | part | block | block | … | block |
//   the first ones: direct   then blocks of parts, each made one part on the server, by a copy

export interface CompactionOptions {
  /**
   * What the keys of temporary objects begin with, in the bucket of the target. `"sluice-temporary/"` if left out. A
   * lifecycle rule on it clears away what a killed process leaves.
   */
  readonly temporaryPrefix?: string | undefined;
  /**
   * How many parts go straight to where they belong, and are not copied. Each takes a place that could hold 5 GiB. If
   * left out, as many as a known length leaves room for; else a tenth of `maxParts`, or more if the store's largest
   * object leaves room.
   */
  readonly directParts?: number | undefined;
}

export interface CompactionPlan extends Plan {
  /** Parts before the first block. */
  readonly direct: number;
  /** Parts that a block has at the most; 1 if there are no blocks. */
  readonly blockParts: number;
}

const PREFIX = "sluice-temporary/";
/** A UUID, a slash, and where the object stands. */
const NAME_SIZE = 80;

/** The parts of a body that may need more of them than the store takes. What can do without is not compacted. */
export function planCompaction(
  limits: StoreLimits,
  bodyLength: number | undefined,
  options: PlanOptions,
  { directParts }: CompactionOptions,
): CompactionPlan {
  const { maxParts, maxPartSize, maxObjectSize } = limits;
  if (directParts !== undefined && !(Number.isInteger(directParts) && isWithin(directParts, maxParts))) {
    throw new InvalidValueError("directParts", directParts, `a whole number from 0 to ${maxParts}`);
  }
  const plain = planWithoutBlocks(limits, bodyLength, options);
  if (plain !== undefined) return { ...plain, direct: maxParts, blockParts: 1 };

  const unlimited = { maxParts: Number.MAX_SAFE_INTEGER, maxObjectSize: Number.MAX_SAFE_INTEGER };
  const plan = planParts({ ...limits, ...unlimited }, bodyLength, options);
  const { partSize, length } = plan;
  const blockParts = Math.max(1, Math.floor(maxPartSize / partSize));
  const needed = Math.ceil((length ?? maxObjectSize) / partSize);
  const spare = Math.floor((maxParts * blockParts - needed) / Math.max(1, blockParts - 1));
  const least = length === undefined ? Math.floor(maxParts / 10) : 0;
  const direct = blockParts === 1 ? maxParts : (directParts ?? Math.min(maxParts, Math.max(spare, least)));

  const mostParts = direct + (maxParts - direct) * blockParts;
  const maxBytes = Math.min(mostParts * partSize, maxObjectSize);
  if (length !== undefined && length > maxBytes) {
    throw new ObjectTooLargeError(maxBytes, partSize, mostParts);
  }
  return { ...plan, maxBytes, maxParts: mostParts, direct, blockParts };
}

/** What the keys of one upload's temporary objects begin with. Nobody can guess it. */
export function temporaryBase({ temporaryPrefix = PREFIX }: CompactionOptions, limits: StoreLimits): string {
  const room = limits.maxKeySize - NAME_SIZE;
  if (!isWithin(utf8Size(temporaryPrefix), room) || temporaryPrefix === "") {
    throw new InvalidValueError("temporaryPrefix", temporaryPrefix, `a text of 1 to ${room} bytes`);
  }
  return `${temporaryPrefix}${crypto.randomUUID()}/`;
}

const isWithin = (value: number, most: number) => value >= 0 && value <= most;

// Of unknown length, a body may turn out to need blocks.
function planWithoutBlocks(
  limits: StoreLimits,
  bodyLength: number | undefined,
  options: PlanOptions,
): Plan | undefined {
  if (bodyLength === undefined && options.length === undefined) return undefined;
  try {
    return planParts(limits, bodyLength, options);
  } catch (error) {
    if (error instanceof ObjectTooLargeError || error instanceof PartTooLargeForBudgetError) return undefined;
    throw error;
  }
}
