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

/** The disk has no room for the parts that wait there. `code` is `ERR_SPOOL_FULL`. */
export class SpoolFullError extends Error {
  override readonly name = "SpoolFullError";
  readonly code = "ERR_SPOOL_FULL";
  readonly directory: string;
  constructor(directory: string, cause: unknown) {
    const code = (cause as { code?: unknown }).code;
    super(`no room for parts in ${directory} (${code}): make some, or give the spool a limit`, { cause });
    this.directory = directory;
  }
}
