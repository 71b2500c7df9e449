import {
  type ByteRange,
  type CustomerKeyOptions,
  InvalidValueError,
  type ObjectInfo,
  type RetryOptions,
} from "@sluice/object-store";
import { AdaptiveSemaphore } from "@sluice/read-slots";
import { parseBytes, Semaphore } from "@sluice/semaphore";
import { IntegrityError } from "./errors.js";
import type { DownloadEvent } from "./events.js";

export interface DownloadOptions extends CustomerKeyOptions {
  /** Only these bytes. All of them if left out. */
  readonly range?: ByteRange | undefined;
  /**
   * How many ranges may be asked for and not yet read to their end; 4 if left out. Or a semaphore that several transfers
   * share. `"adaptive"`: a limit of its own that finds its place, from 1 to 16. An `AdaptiveSemaphore` learns from each
   * try.
   */
  readonly window?: number | "adaptive" | Semaphore | undefined;
  /**
   * Bytes of one range, or a text such as `"8MiB"`. If left out, 8 MiB; less where the object would not fill the window,
   * or where the budget has no room for so many, but not below 1 MiB for that.
   */
  readonly rangeSize?: number | string | undefined;
  /** Pays for the bytes of every range before it is asked for. Ranges are never larger than its capacity. */
  readonly budget?: Semaphore | undefined;
  /**
   * Whether to compare the bytes with the object's checksum. `"require"`: always, and asks for it with a HEAD if
   * need be. `"if-present"`, if left out: when the first range is the whole object and came with one. With
   * `range`, there is nothing to compare with, so that `"require"` is refused.
   */
  readonly integrity?: "require" | "if-present" | "none" | undefined;
  /**
   * Milliseconds; 60,000 if left out, `Infinity` for no limit. If the store brings nothing for so long, a request is made
   * anew; if the reader takes nothing, the download ends with `ERR_UNREAD`. A quarter more may pass before it is seen.
   */
  readonly idleTimeout?: number | undefined;
  /** For each range: `attempts` are its tries in all. */
  readonly retry?: RetryOptions | undefined;
  /** The account that must own the bucket, or nothing is read. */
  readonly expectedBucketOwner?: string | undefined;
  /** Stops everything, before the body and while it is read. */
  readonly signal?: AbortSignal | undefined;
  /** Called after every chunk; `loaded` never falls. If it throws, the download fails with that error. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Called as it happens. If it throws, the download fails with that error. */
  readonly onEvent?: ((event: DownloadEvent) => void) | undefined;
}

export interface DownloadProgress {
  /** Bytes that the reader has been given. */
  readonly loaded: number;
  /** Bytes that it is going to be given. */
  readonly total: number;
  /** Bytes that are paid for: all of every range that is asked for and not yet read to its end. */
  readonly held: number;
}

/** An object on its way. */
export interface Download extends ObjectInfo {
  /** Which bytes `body` has; `end` is included, and below `start` for an empty object. */
  readonly range: { readonly start: number; readonly end: number };
  /** To be read to its end or cancelled: until then it holds one range's bytes of the budget. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** The options with nothing left open that can be settled before the object is known. */
export interface Settled extends DownloadOptions {
  readonly start: number;
  /** The last byte that is wanted, or infinity. */
  readonly last: number;
  /** What is held by each range that is asked for and not yet read to its end. */
  readonly slots: Semaphore;
  /** Bytes, if they were given. */
  readonly wantedRangeSize: number | undefined;
  readonly idleTimeout: number;
  readonly integrity: "require" | "if-present" | "none";
}

/** Throws `ERR_INVALID_VALUE` for what makes no sense, and `ERR_INTEGRITY` for what cannot be checked. */
export function settle(options: DownloadOptions): Settled {
  const { range, rangeSize, idleTimeout = 60_000, integrity = "if-present", window = 4 } = options;
  const start = range?.start ?? 0;
  const last = range?.end ?? Number.POSITIVE_INFINITY;
  const wantedRangeSize = typeof rangeSize === "string" ? parseBytes(rangeSize) : rangeSize;
  if (wantedRangeSize !== undefined) check("rangeSize", wantedRangeSize, 1);
  check("range.start", start, 0);
  if (last !== Number.POSITIVE_INFINITY) check("range.end", last, start);
  if (idleTimeout !== Number.POSITIVE_INFINITY) check("idleTimeout", idleTimeout, 1, LONGEST_TIMER);
  if (!INTEGRITIES.includes(integrity)) {
    throw new InvalidValueError("integrity", integrity, INTEGRITIES.join(" or "));
  }
  if (integrity === "require" && range !== undefined) {
    throw new IntegrityError("a range of an object has no checksum to compare its bytes with");
  }
  return { ...options, start, last, slots: slotsOf(window), wantedRangeSize, idleTimeout, integrity };
}

const INTEGRITIES: readonly string[] = ["require", "if-present", "none"];

// Ranges of 8 MiB make this 128 MiB, where no budget says less.
const MOST_ADAPTIVE = 16;

function slotsOf(window: number | "adaptive" | Semaphore): Semaphore {
  if (window === "adaptive") return new AdaptiveSemaphore({ max: MOST_ADAPTIVE, start: 4, latency: {} });
  if (typeof window === "object" && window !== null && "tryAcquire" in window) return window;
  check("window", window as number, 1);
  return new Semaphore(window as number);
}

// Above it, browsers and Node fire at once.
const LONGEST_TIMER = 2 ** 31 - 1;

/** Throws unless the value is a whole number between the two. */
export function check(what: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): void {
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    throw new InvalidValueError(what, value, `a safe integer from ${least} to ${most}`);
  }
}
