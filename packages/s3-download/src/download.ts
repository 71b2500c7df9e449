import type { ObjectSource, ObjectStore } from "@sluice/object-store";
import { Asking, type Pin } from "./asking.js";
import { firstAnswer } from "./first-answer.js";
import { checkFor } from "./integrity.js";
import type { OpenBody } from "./open-body.js";
import { type Download, type DownloadOptions, type Settled, settle } from "./options.js";
import { OrderedRanges } from "./ordered-ranges.js";
import { type Paid, PaidRange, pay } from "./paid-range.js";
import { RangeRead } from "./range-read.js";
import { firstRangeSize, nextRangeSize } from "./range-size.js";

//  paying ──▶ asking for the first range ──answered──▶ open ──read to its end────────────▶ done
//    │             │                                     ├────cancel────────────────────▶ cancelled
//    └─────────────┴────failure, abort──▶ rejected       └────failure, abort, unread────▶ the body fails with it
//
//  Whatever the end, every request is stopped and every permit given back, and there is no timer any more.

/**
 * Reads an object in ranges, several at a time, and hands their bytes on in order.
 *
 * Resolves when the first range has been answered; nothing more is asked for before the body is read.
 *
 * - **Order:** the object's; the waits for the window and the budget come in the order of the calls.
 * - **Abort:** rejects with `signal.reason`, or fails the body with it; every request is stopped, every byte given back.
 * - **Errors:** the store's; `ERR_OBJECT_CHANGED`, `ERR_UNEXPECTED_RANGE`, `ERR_RANGE_BEYOND_END`, `ERR_STALLED`,
 *   `ERR_UNREAD`, `ERR_INTEGRITY`; those of `Semaphore.acquire`; `ERR_INVALID_VALUE`.
 *
 * @example
 * ```ts
 * const { body, contentType } = await download(store, { bucket: "films", key: "1.mkv" }, { budget });
 * ```
 */
export async function download(
  store: ObjectStore,
  source: ObjectSource,
  options: DownloadOptions = {},
): Promise<Download> {
  const settled = settle(options);
  options.signal?.throwIfAborted();
  const asking = new Asking(store, source, settled);
  let paid: Paid | undefined;
  let opened: OpenBody | undefined;
  try {
    const size = firstRangeSize(settled);
    const asked = { start: settled.start, end: Math.min(settled.start + size - 1, settled.last) };
    paid = await pay(settled, asked.end - asked.start + 1, asking.signal);
    opened = await firstAnswer(asking, asked, options.range === undefined);
    return await begin(asking, settled, opened, paid);
  } catch (error) {
    asking.stop(error);
    opened?.cancel(error);
    asking.end();
    paid?.bytes?.release();
    paid?.slot.release();
    throw error;
  }
}

async function begin(asking: Asking, settled: Settled, first: OpenBody, paid: Paid): Promise<Download> {
  const { size, etag, versionId } = first.info;
  const { start, last, slots, budget, onProgress } = settled;
  const extent = first.extent;
  const range = { start, end: Math.min(last, size - 1) };
  const pin: Pin = { etag, size, versionId, unranged: extent.unranged };
  const check = await checkFor(asking, pin, first.info, settled);
  first.cut(range.end - start + 1);
  asking.tell({ type: "begun", size, range, etag, versionId });
  asking.signal.throwIfAborted();
  if (size === 0) first.cancel("there is nothing to read");
  const end = Math.min(extent.end, range.end);
  const body = new ReadableStream(
    new OrderedRanges({
      asking,
      pin,
      ...range,
      rangeSize: nextRangeSize(settled, range.end - end),
      slots,
      budget,
      first: new PaidRange(new RangeRead(asking, pin, { start, end }, first), paid),
      check,
      onProgress,
    }),
  ) as ReadableStream<Uint8Array<ArrayBuffer>>;
  return { ...first.info, range, body };
}
