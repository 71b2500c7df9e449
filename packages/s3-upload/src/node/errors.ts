import type { PathLike } from "node:fs";

/** What tells one state of a file from another. */
export interface FileState {
  /** Bytes. */
  readonly size: number;
  /** When it was written last, in nanoseconds. */
  readonly mtimeNs: bigint;
}

/** A file was written to while it was uploaded; nothing was published. `code` is `ERR_FILE_CHANGED`. */
export class FileChangedError extends Error {
  override readonly name = "FileChangedError";
  readonly code = "ERR_FILE_CHANGED";
  readonly path: string;
  readonly before: FileState;
  readonly after: FileState;
  constructor(path: PathLike, before: FileState, after: FileState) {
    const what =
      before.size === after.size ? "was written to" : `went from ${before.size} to ${after.size} bytes`;
    super(`${path} ${what} while it was being uploaded; upload it again when nobody writes to it`);
    this.path = String(path);
    this.before = before;
    this.after = after;
  }
}

/** A path names something that has no bytes of its own. `code` is `ERR_NOT_A_FILE`. */
export class NotAFileError extends TypeError {
  override readonly name = "NotAFileError";
  readonly code = "ERR_NOT_A_FILE";
  readonly path: string;
  /** What it is, for example `"a directory"`. */
  readonly got: string;
  constructor(path: PathLike, got: string) {
    super(`${path} is ${got}; one upload takes one file, a pipe or a device`);
    this.path = String(path);
    this.got = got;
  }
}
