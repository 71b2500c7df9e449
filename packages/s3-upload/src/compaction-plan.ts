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
   * object leaves room; none on a store that wants equal parts.
   */
  readonly directParts?: number | undefined;
}

const PREFIX = "sluice-temporary/";
/** A UUID, a slash, and where the object stands. */
const NAME_SIZE = 80;

interface Others extends PlanOptions {
  readonly resume?: unknown;
  readonly onCheckpoint?: unknown;
}

/** The parts of a body that may need more of them than the store takes. What can do without is not compacted. */
export function planCompaction(
  limits: StoreLimits,
  bodyLength: number | undefined,
  options: Others,
  compaction: CompactionOptions,
): Plan {
  const { maxParts, maxPartSize, maxObjectSize, equalParts = false } = limits;
  const { directParts } = compaction;
  if (directParts !== undefined && !(Number.isInteger(directParts) && isWithin(directParts, maxParts))) {
    throw new InvalidValueError("directParts", directParts, `a whole number from 0 to ${maxParts}`);
  }
  if (equalParts && directParts !== undefined && directParts > 0) {
    throw new InvalidValueError(
      "directParts",
      directParts,
      "0, or left out, on a store that wants equal parts",
    );
  }
  checkOthers(options);
  const base = temporaryBase(compaction, limits);
  const uniform = { ...options, growth: "uniform" } as const;
  const plain = planWithoutBlocks(limits, bodyLength, uniform);
  if (plain !== undefined) return plain;

  const unlimited = { maxParts: Number.MAX_SAFE_INTEGER, maxObjectSize: Number.MAX_SAFE_INTEGER };
  const plan = planParts({ ...limits, ...unlimited }, bodyLength, uniform);
  const { length, growth } = plan;
  const partSize = growth.first;
  const blockParts = Math.floor(maxPartSize / partSize);
  const needed = Math.ceil((length ?? maxObjectSize) / partSize);
  const spare = Math.floor((maxParts * blockParts - needed) / Math.max(1, blockParts - 1));
  const least = length === undefined ? Math.floor(maxParts / 10) : 0;
  const byDefault = equalParts ? 0 : Math.min(maxParts, Math.max(spare, least));
  const direct = blockParts < 2 ? maxParts : (directParts ?? byDefault);

  const mostParts = direct + (maxParts - direct) * blockParts;
  const maxBytes = Math.min(mostParts * partSize, maxObjectSize);
  if (length !== undefined && length > maxBytes) {
    throw new ObjectTooLargeError(maxBytes, partSize, mostParts);
  }
  const blocks = direct < maxParts ? { direct, blockParts, base } : undefined;
  return { ...plan, maxBytes, maxParts: mostParts, blocks };
}

// A part knows from its number alone where it belongs, and what is temporary is not there any more for who resumes.
function checkOthers({ growth, resume, onCheckpoint }: Others): void {
  if (growth === "double") {
    throw new InvalidValueError("growth", growth, '"uniform", or left out, together with compaction');
  }
  if (resume !== undefined || onCheckpoint !== undefined) {
    throw new InvalidValueError("compaction", true, "false together with resume or onCheckpoint");
  }
}

/** What the keys of one upload's temporary objects begin with. Nobody can guess it. */
function temporaryBase({ temporaryPrefix = PREFIX }: CompactionOptions, limits: StoreLimits): string {
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
