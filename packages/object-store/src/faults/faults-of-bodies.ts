import type { Fault, FaultWhen } from "./fault.js";

type Sending = "put" | "putPart";

/** The lowest bit of the byte at this index of the body is wrong: on its way in, or out for `get`. Once by default. */
export const flipBit = (on: "get" | Sending, at = 0, when: FaultWhen["when"] = 1): Fault => ({
  on,
  when,
  do: "flip-bit",
  at,
});

/**
 * The connection is reset when so many bytes of the body have been taken, or all if it is shorter: a `NetworkError`, and
 * nothing is done. A stream is cancelled with that error. By default only the first time.
 *
 * @example
 * ```ts
 * faulty(store, [resetAfter(1_000, "putPart")]);
 * ```
 */
export const resetAfter = (
  after: number,
  on: Sending | readonly Sending[] = ["put", "putPart"],
  when: FaultWhen["when"] = 1,
): Fault => ({ on, when, do: "reset", after });

/**
 * The disk takes so many bytes in all: what would exceed them is refused as `DirectoryStore` does it, with an
 * `InternalError` that is not retryable and an `ENOSPC` as its cause. What is overwritten or deleted frees nothing.
 *
 * @example
 * ```ts
 * faulty(store, [fillDisk(10_000_000)]);
 * ```
 */
export const fillDisk = (capacity: number): Fault => ({
  on: ["put", "putPart"],
  do: "fill",
  capacity,
});

/**
 * A part that is never answered, and that lands all the same when it has been given up: behind the next abort of its
 * upload, which is answered as if all were gone. Whoever does not look again leaves the part behind. The first part
 * unless told; the bytes of 100 parts at the most are kept for it.
 *
 * @example
 * ```ts
 * const store = faulty(new MemoryStore(), [landLate()]);
 * // … give up part 1, abort the upload: it is listed again, and gone after a second abort
 * ```
 */
export const landLate = (when: FaultWhen["when"] = 1): Fault => ({ on: "putPart", when, do: "land-late" });
