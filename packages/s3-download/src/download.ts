import {
  type ByteRange,
  type ObjectInfo,
  type ObjectSource,
  type ObjectStore,
  type RetryOptions,
  retry,
} from "@sluice/object-store";
import { InvalidValueError, parseBytes, type Semaphore } from "@sluice/semaphore";
import { ByteCheck } from "./byte-check.js";
import { CompositeCheck, partsOf } from "./composite-check.js";
import { hasCode, IntegrityError, ObjectChangedError } from "./errors.js";
import { type Asking, type OpenBody, openBody } from "./open-body.js";
import { type DownloadProgress, OrderedRanges } from "./ordered-ranges.js";
import { PaidRange } from "./paid-range.js";
import { RangeRead } from "./range-read.js";
import { timedRequest } from "./timed-request.js";

export interface DownloadOptions {
  /** Only these bytes. All of them if left out. */
  readonly range?: ByteRange | undefined;
  /** How many ranges may be asked for and not yet read to their end. 4 if left out. */
  readonly window?: number | undefined;
  /** Bytes of one range, or a text such as `"8MiB"`, which is also what it is if left out. */
  readonly rangeSize?: number | string | undefined;
  /** Pays for the bytes of every range before it is asked for. Ranges are never larger than its capacity. */
  readonly budget?: Semaphore | undefined;
  /**
   * Whether to compare the bytes with the object's checksum. `"require"`: always, and asks for it with a HEAD if
   * need be; of an object of several parts with a composite one, also for each part but the last. `"if-present"`, if left
   * out: when the first range is the whole object and came with one that needs no further request. With `range`, there is
   * nothing to compare with.
   */
  readonly integrity?: "require" | "if-present" | "none" | undefined;
  /** Milliseconds without a byte after which a request is made anew. No limit if left out. */
  readonly idleTimeout?: number | undefined;
  /** For each range: `attempts` are its tries in all. */
  readonly retry?: RetryOptions | undefined;
  /** Stops everything, before the body and while it is read. */
  readonly signal?: AbortSignal | undefined;
  /** Called after every chunk; `loaded` never falls. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

/** An object on its way. */
export interface Download extends ObjectInfo {
  /** Which bytes `body` has; `end` is included, and below `start` for an empty object. */
  readonly range: { readonly start: number; readonly end: number };
  /** To be read to its end or cancelled: until then it holds one range's bytes of the budget. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/**
 * Reads an object in ranges, several at a time, and hands their bytes on in order.
 *
 * Resolves when the first range has been answered; nothing more is asked for before the body is read.
 *
 * - **Order:** the object's; the waits for the budget come in the order of the calls.
 * - **Abort:** rejects with `signal.reason`, or fails the body with it; every request is stopped, every byte given back.
 * - **Errors:** the store's; `ERR_OBJECT_CHANGED`, `ERR_UNEXPECTED_RANGE`, `ERR_STALLED`, `ERR_INTEGRITY`; those of
 *   `Semaphore.acquire`; `ERR_INVALID_VALUE`.
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
  const { budget, window = 4, integrity = "if-present", signal, onProgress } = options;
  const start = options.range?.start ?? 0;
  const last = options.range?.end ?? Number.POSITIVE_INFINITY;
  const rangeSize = Math.min(sizeOf(options.rangeSize), budget?.capacity ?? Number.POSITIVE_INFINITY);
  check("window", window, 1);
  check("range.start", start, 0);
  if (last !== Number.POSITIVE_INFINITY) check("range.end", last, start);
  if (options.idleTimeout !== undefined) check("idleTimeout", options.idleTimeout, 1, LONGEST_TIMER);

  const asked = { start, end: Math.min(start + rangeSize - 1, last) };
  const stop = new AbortController();
  const onAbort = () => stop.abort(signal?.reason);
  const onEnd = () => signal?.removeEventListener("abort", onAbort);
  const asking: Asking = { store, source, signal: stop.signal, idleTimeout: options.idleTimeout };
  const permit = await budget?.acquire(asked.end - start + 1, { signal });
  let opened: OpenBody | undefined;
  try {
    signal?.throwIfAborted();
    signal?.addEventListener("abort", onAbort, { once: true });
    const retrying = { ...options.retry, signal: stop.signal };
    const first = await retry(() => openFirst(asking, asked, options.range === undefined), retrying);
    opened = first;
    const { size, etag } = first.info;
    const checked = integrity !== "none" && options.range === undefined && size > 0;
    const byteCheck = checked ? await checkOf(asking, first.info, integrity, retrying) : undefined;
    stop.signal.throwIfAborted();
    if (size === 0) first.cancel("there is nothing to read");
    const pin = { size, etag };
    const read = new RangeRead(asking, options.retry ?? {}, pin, first.info.range, first);
    const body = new ReadableStream(
      new OrderedRanges({
        asking,
        stop: (reason) => stop.abort(reason),
        retry: options.retry ?? {},
        pin,
        start,
        end: Math.min(last, size - 1),
        rangeSize,
        window,
        budget,
        first: new PaidRange(read, permit),
        check: byteCheck,
        onProgress,
        onEnd,
      }),
    ) as ReadableStream<Uint8Array<ArrayBuffer>>;
    return { ...first.info, range: { start, end: Math.min(last, size - 1) }, body };
  } catch (error) {
    opened?.cancel(error);
    onEnd();
    permit?.release();
    throw error;
  }
}

async function openFirst(
  asking: Asking,
  asked: { readonly start: number; readonly end: number },
  all: boolean,
): Promise<OpenBody> {
  try {
    return await openBody(asking, asked);
  } catch (error) {
    // An empty object has no first byte to ask for.
    if (!all || !hasCode(error, "InvalidRange")) throw error;
    const opened = await openBody(asking, { start: 0, end: Number.POSITIVE_INFINITY });
    if (opened.info.size === 0) return opened;
    opened.cancel(error);
    throw error;
  }
}

async function checkOf(
  asking: Asking,
  info: OpenBody["info"],
  integrity: "require" | "if-present",
  retrying: RetryOptions,
): Promise<Pick<ByteCheck, "update"> | undefined> {
  const head = (partNumber?: number) =>
    retry(async () => {
      const { store, source } = asking;
      const pinned = { partNumber, ifMatch: info.etag || undefined };
      const answer = await timedRequest(asking, (signal) => store.head(source, { ...pinned, signal }));
      if (answer.etag === info.etag) return answer;
      throw new ObjectChangedError(info.etag, 0);
    }, retrying).catch((error: unknown) => {
      throw hasCode(error, "PreconditionFailed") ? new ObjectChangedError(info.etag, 0, error) : error;
    });
  // What is sent with a part of an object may be the checksum of that part.
  let checksum = info.range.end + 1 === info.size ? info.checksum : undefined;
  if (checksum?.type === "composite" && partsOf(checksum) === undefined) checksum = undefined;
  if (integrity === "require") checksum ??= (await head()).checksum;
  if (checksum !== undefined && checksum.type !== "composite") return new ByteCheck(checksum);
  // Of an object in one part, there is nothing to ask.
  if (checksum !== undefined && (integrity === "require" || partsOf(checksum) === 1)) {
    return CompositeCheck.begin(checksum, info.size, head);
  }
  if (integrity === "if-present") return undefined;
  throw new IntegrityError("the store knows no checksum of all the object's bytes to compare them with");
}

const DEFAULT_RANGE_SIZE = 8 * 2 ** 20;

function sizeOf(rangeSize: number | string = DEFAULT_RANGE_SIZE): number {
  const bytes = typeof rangeSize === "string" ? parseBytes(rangeSize) : rangeSize;
  check("rangeSize", bytes, 1);
  return bytes;
}

// Above it, browsers and Node fire at once.
const LONGEST_TIMER = 2 ** 31 - 1;

function check(what: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): void {
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    throw new InvalidValueError(what, value, `a safe integer from ${least} to ${most}`);
  }
}
