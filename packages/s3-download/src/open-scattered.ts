import { type ObjectInfo, type ObjectSource, type ObjectStore, retry } from "@sluice/object-store";
import { Asking, type Pin } from "./asking.js";
import { firstAnswer } from "./first-answer.js";
import { comparisonFor } from "./integrity.js";
import { type Settled, settle } from "./options.js";
import { type Paid, pay } from "./paid-range.js";
import { type Begun, retrying } from "./range-read.js";
import { firstRangeSize, nextRangeSize } from "./range-size.js";
import { ScatteredRanges } from "./scattered-ranges.js";
import { affordable, LANE, type ScatteredOptions } from "./scattering.js";

/**
 * Asks for an object whose bytes are to be read in any order.
 *
 * - **Order:** the waits for the window and the budget come in the order of the calls.
 * - **Abort:** rejects with `signal.reason`; nothing is held.
 * - **Errors:** those of `download`.
 *
 * @internal
 */
export async function openScattered(
  store: ObjectStore,
  source: ObjectSource,
  { head, ...options }: ScatteredOptions,
): Promise<ScatteredRanges> {
  const settled = settle(options);
  options.signal?.throwIfAborted();
  const asking = new Asking(store, source, settled);
  let paid: Paid | undefined;
  let begun: Begun | undefined;
  try {
    if (head) return await begin(asking, settled, await headOf(asking), undefined);
    const length = affordable(firstRangeSize(boundless(settled)), settled.budget);
    paid = await pay(settled, Math.min(length, LANE), asking.signal);
    begun = await firstAnswer(asking, { start: 0, end: length - 1 }, true);
    return await begin(asking, settled, begun.opened.info, { begun, paid });
  } catch (error) {
    asking.stop(error);
    begun?.opened.cancel(error);
    asking.end();
    paid?.bytes?.release();
    paid?.slot.release();
    throw error;
  }
}

// A range is not held in memory: the budget need not make it shorter.
const boundless = (settled: Settled): Settled => ({ ...settled, budget: undefined });

function headOf(asking: Asking): Promise<ObjectInfo> {
  return retry(
    () => asking.head(),
    retrying(asking, () => 0, Number.POSITIVE_INFINITY),
  );
}

async function begin(
  asking: Asking,
  settled: Settled,
  info: ObjectInfo,
  first: { readonly begun: Begun; readonly paid: Paid } | undefined,
): Promise<ScatteredRanges> {
  const { size, etag, versionId } = info;
  const opened = first?.begun.opened;
  const pin: Pin = { etag, size, versionId, unranged: opened?.extent.unranged ?? false };
  const range = { start: 0, end: size - 1 };
  const comparison = await comparisonFor(asking, pin, opened?.info ?? { ...info, range }, settled);
  asking.tell({ type: "begun", size, range, etag, versionId });
  asking.signal.throwIfAborted();
  const { slots, budget } = settled;
  const rangeSize = (missing: number) => nextRangeSize(boundless(settled), missing);
  return new ScatteredRanges({ asking, pin, info, comparison, rangeSize, slots, budget, first });
}
