import type { CopyPartOptions } from "../multipart.js";
import type { ByteRange } from "../object.js";
import { refusal } from "../refusal.js";
import type { ShelfPart } from "./shelf.js";

/** A run of bytes: from `start` to before `stop`. */
export interface Extent {
  readonly start: number;
  readonly stop: number;
}

/** The bytes that a range means in an object of this size. What lies beyond the end is cut off. */
export function extentOf(size: number, range: ByteRange | undefined): Extent {
  if (range === undefined) return { start: 0, stop: size };
  const { start, end = Number.MAX_SAFE_INTEGER } = range;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start) {
    throw refusal(
      "InvalidArgument",
      `a range has whole numbers 0 <= start <= end, got ${start} to ${range.end}`,
    );
  }
  if (start >= size)
    throw refusal("InvalidRange", `the range begins at ${start}, but there are ${size} bytes`);
  return { start, stop: Math.min(end + 1, size) };
}

/** The same for a range that must not reach beyond the end, as S3 has it where parts are copied. */
export function extentWithin(size: number, range: CopyPartOptions["range"]): Extent {
  const extent = extentOf(size, range);
  if (range !== undefined && extent.stop !== range.end + 1) {
    throw refusal("InvalidRange", `the range ends at ${range.end}, but there are ${size} bytes`);
  }
  return extent;
}

/** One part of an object, and the bytes that it is. */
export function partAmong(
  parts: readonly ShelfPart[],
  partNumber: number,
): { readonly part: ShelfPart; readonly extent: Extent } {
  let start = 0;
  for (const part of parts) {
    if (part.partNumber === partNumber) return { part, extent: { start, stop: start + part.size } };
    start += part.size;
  }
  throw refusal("InvalidPartNumber", `the object has no part ${partNumber}`);
}
