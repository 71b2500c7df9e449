import type { Semaphore } from "@sluice/semaphore";
import type { UploadFileOptions } from "./upload-file.js";

/** One file, and the key that it gets. */
export interface FileToUpload {
  readonly path: string;
  /** What follows the prefix. */
  readonly key: string;
}

type OfOneFile = "slots" | "onProgress" | "onEvent" | "resume" | "onCheckpoint" | "leavePartsOnError";

export interface UploadManyOptions
  extends Omit<UploadFileOptions, OfOneFile | "ifMatch" | "ifNoneMatch" | "budget"> {
  readonly bucket: string;
  /** The folder that the keys are in. A `/` is added where it has none at its end; none at all if left out. */
  readonly prefix?: string | undefined;
  /** How many files are under way at a time; 8 if left out. */
  readonly slots?: number | undefined;
  /** The `slots` of each upload: how many parts of one file at a time, 4 if left out, or a semaphore of all. */
  readonly partSlots?: number | Semaphore | undefined;
  /** Bytes of memory that all files share; 64 MiB of their own if left out. A small file takes its size of it. */
  readonly budget?: Semaphore | undefined;
  /** Whether to upload the file. If it throws, everything stops with that error. */
  readonly filter?: ((file: FileToUpload) => boolean | Promise<boolean>) | undefined;
  /**
   * What to do where there is such an object: `"replace"` it, as if left out; `"skip"` the file, which takes a request to
   * look; or `"fail"`, for that file, with the store's `PreconditionFailed`.
   */
  readonly onConflict?: "replace" | "skip" | "fail" | undefined;
  /** Whether the first file that fails stops all others, and is what the call rejects with. `false` if left out. */
  readonly stopOnError?: boolean | undefined;
  /** Whether links in the folder are followed, to files and folders anywhere. If left out, they are skipped. */
  readonly followLinks?: boolean | undefined;
  /** Called whenever one of the numbers has grown. If it throws, everything stops with that error. */
  readonly onProgress?: ((progress: UploadManyProgress) => void) | undefined;
  /** Called once or twice for each file. If it throws, everything stops with that error. */
  readonly onEvent?: ((event: UploadManyEvent) => void) | undefined;
}

export interface UploadManyProgress {
  /** Files that are there, were skipped, and have failed. */
  readonly files: number;
  readonly skipped: number;
  readonly failed: number;
  /** Bytes that the store has acknowledged, also of files that failed in the end. */
  readonly bytes: number;
  /** Bytes of the budget that are in use, by whomever. */
  readonly held: number;
}

/**
 * Why a file was left out: by `filter`; by `onConflict`; a link; a link to a folder that it is in itself; a pipe, a
 * socket or a device.
 */
export type UploadSkip = "filtered" | "exists" | "link" | "loop" | "special";

/** `key` is the whole key, and `path` that of the file. */
export type UploadManyEvent = { readonly key: string; readonly path: string } & (
  | { readonly type: "begun" }
  | { readonly type: "done"; readonly size: number }
  | { readonly type: "skipped"; readonly why: UploadSkip }
  | { readonly type: "failed"; readonly error: unknown }
);

export interface UploadFailure {
  readonly key: string;
  readonly path: string;
  readonly error: unknown;
}

export interface UploadManyResult {
  /** How many files are on the store now, and their bytes. */
  readonly files: number;
  readonly bytes: number;
  readonly skipped: number;
  /** The first 1,000 failures; `onEvent` hears of all of them. */
  readonly failed: readonly UploadFailure[];
  /** How many there were. */
  readonly failedCount: number;
}
