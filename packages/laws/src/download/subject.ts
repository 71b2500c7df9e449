import type { ByteRange, ObjectSource, ObjectStore } from "@sluice/object-store";
import type { SemaphoreLike } from "../semaphore/subject.js";
import type { RetryLike } from "../upload/subject.js";

/** What the laws D ask for. What a subject lacks, its laws are waived for, with the reason. */
export interface DownloadLikeOptions {
  /** Only these bytes. All of them if left out. */
  readonly range?: ByteRange | undefined;
  /** How many ranges may be asked for and not yet read to their end. */
  readonly window: number;
  /** Bytes of every range but the last. The budget has room for one at least. */
  readonly rangeSize: number;
  /** Bytes that it may hold, shared with other downloads. */
  readonly budget: SemaphoreLike;
  /** Whether to compare the bytes with the checksum that the store has of all of them. */
  readonly integrity: "require" | "none";
  /**
   * Milliseconds. If the store brings nothing for so long, a request is given up and made anew; if the reader takes
   * nothing, the body fails. Left out: so long that no trial sees it.
   */
  readonly idleTimeout?: number | undefined;
  /** `attempts` are the tries of each range. */
  readonly retry: RetryLike;
  /** Stops everything, before the body and while it is read. */
  readonly signal: AbortSignal;
}

export interface DownloadResultLike {
  readonly body: ReadableStream<Uint8Array>;
  /** Bytes of the whole object. */
  readonly size?: number | undefined;
  readonly etag?: string | undefined;
}

/** What is judged: reads an object in ranges, and hands their bytes on in order. */
export type DownloadLike = (
  store: ObjectStore,
  source: ObjectSource,
  options: DownloadLikeOptions,
) => Promise<DownloadResultLike>;

/** An implementation, and where it is judged. */
export interface DownloadSubject {
  readonly download: DownloadLike;
  /** The budgets that it understands; left out: the kit's own semaphore. */
  readonly budget?: ((bytes: number) => SemaphoreLike) | undefined;
  /** A store that keeps the laws O, such as a real one; left out: the kit's own, in memory. */
  readonly store?: ObjectStore | undefined;
  /** An existing bucket of that store, `"bucket"` if left out. What a trial leaves there it deletes. */
  readonly bucket?: string | undefined;
  /**
   * Milliseconds that the laws of time allow the store and the reader; 12 if left out, in which a store behind a socket may
   * well not have answered. They really pass.
   */
  readonly idleTimeout?: number | undefined;
}

/** Makes or finds it; called once for each schedule. */
export type MakeDownload = () => DownloadSubject | Promise<DownloadSubject>;
