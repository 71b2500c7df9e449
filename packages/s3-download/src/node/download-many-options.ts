import type { ListedObject } from "@sluice/object-store";
import type { DownloadToFileOptions } from "./file-options.js";

/** Which objects. */
export interface ObjectsToDownload {
  readonly bucket: string;
  /** The folder that the keys are in. A `/` is added where it has none at its end; all of the bucket if left out. */
  readonly prefix?: string | undefined;
}

type OfOneFile = "failIfExists" | "onProgress" | "onEvent";

/** `window` is that of each file, unless it is a semaphore. */
export interface DownloadManyOptions extends Omit<DownloadToFileOptions, OfOneFile> {
  /** How many files are under way at a time; 8 if left out. */
  readonly slots?: number | undefined;
  /** Bytes of memory that all files share; 64 MiB of their own if left out. A small file takes 64 KiB of it, or its size. */
  readonly budget?: DownloadToFileOptions["budget"];
  /** Whether to download the object. If it throws, everything stops with that error. */
  readonly filter?: ((object: ListedObject) => boolean | Promise<boolean>) | undefined;
  /**
   * What to do where there is such a file: `"replace"` it, as if left out; `"skip"` the object; or `"fail"`, for that
   * object, with `ERR_FILE_EXISTS`. The latter two need a file system that has hard links.
   */
  readonly onConflict?: "replace" | "skip" | "fail" | undefined;
  /** Whether the first object that fails stops all others, and is what the call rejects with. `false` if left out. */
  readonly stopOnError?: boolean | undefined;
  /** Whether to write through links that are in the folder, which may lead out of it. If left out, that fails. */
  readonly followLinks?: boolean | undefined;
  /** Called whenever one of the numbers has grown. If it throws, everything stops with that error. */
  readonly onProgress?: ((progress: DownloadManyProgress) => void) | undefined;
  /** Called once or twice for each object. If it throws, everything stops with that error. */
  readonly onEvent?: ((event: DownloadManyEvent) => void) | undefined;
}

export interface DownloadManyProgress {
  /** Files that are there, were skipped, and have failed. */
  readonly files: number;
  readonly skipped: number;
  readonly failed: number;
  /** Bytes that were written, also of files that failed in the end. */
  readonly bytes: number;
  /** Bytes of the budget that are in use, by whomever. */
  readonly held: number;
}

/** Why an object was left out: by `filter`, or by `onConflict`. */
export type DownloadSkip = "filtered" | "exists";

/** `path` is undefined where the key is no name that a file could have. */
export type DownloadManyEvent = { readonly key: string; readonly path: string | undefined } & (
  | { readonly type: "begun" }
  | { readonly type: "done"; readonly size: number }
  /** An empty object whose key ends in `/` has made a folder. It is not counted. */
  | { readonly type: "folder" }
  | { readonly type: "skipped"; readonly why: DownloadSkip }
  | { readonly type: "failed"; readonly error: unknown }
);

export interface DownloadFailure {
  readonly key: string;
  readonly path: string | undefined;
  readonly error: unknown;
}

export interface DownloadManyResult {
  /** How many objects are in files now, and their bytes. */
  readonly files: number;
  readonly bytes: number;
  readonly skipped: number;
  /** The first 1,000 failures; `onEvent` hears of all of them. */
  readonly failed: readonly DownloadFailure[];
  /** How many there were. */
  readonly failedCount: number;
}
