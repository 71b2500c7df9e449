/** A path names something that no file can take the place of. `code` is `ERR_NOT_A_FILE`. */
export class NotAFileError extends TypeError {
  override readonly name = "NotAFileError";
  readonly code = "ERR_NOT_A_FILE";
  readonly path: string;
  /** What it is, for example `"a directory"`. */
  readonly got: string;
  constructor(path: string, got: string) {
    super(`${path} is ${got}; a download takes the path of a file, or of one that is to be made`);
    this.path = path;
    this.got = got;
  }
}

/** There is such a file already, and `failIfExists` says to leave it. `code` is `ERR_FILE_EXISTS`. */
export class FileExistsError extends Error {
  override readonly name = "FileExistsError";
  readonly code = "ERR_FILE_EXISTS";
  readonly path: string;
  constructor(path: string, cause?: unknown) {
    super(`${path} exists already, and was left as it is`, { cause });
    this.path = path;
  }
}

/** Another download to this file is under way. `code` is `ERR_FILE_BUSY`. */
export class FileBusyError extends Error {
  override readonly name = "FileBusyError";
  readonly code = "ERR_FILE_BUSY";
  readonly path: string;
  /** What stands for the other download; gone when that has ended. */
  readonly lock: string;
  /** The number of its process, if that can be seen from here. */
  readonly pid: number | undefined;
  constructor(path: string, lock: string, pid: number | undefined) {
    const who = pid === undefined ? "another machine or container" : `process ${pid}`;
    super(`${path} is being downloaded by ${who}; wait until that has ended (its lock is ${lock})`);
    this.path = path;
    this.lock = lock;
    this.pid = pid;
  }
}

/** The disk has no room for the file. `code` is `ERR_DISK_FULL`. */
export class DiskFullError extends Error {
  override readonly name = "DiskFullError";
  readonly code = "ERR_DISK_FULL";
  readonly path: string;
  /** Bytes of the whole file. */
  readonly size: number;
  constructor(path: string, size: number, why: string, cause?: unknown) {
    super(`no room for the ${size} bytes of ${path} (${why})`, { cause });
    this.path = path;
    this.size = size;
  }
}

/** @internal By structure: a store's errors may be of another copy of their class. */
export const codeOf = (error: unknown): unknown =>
  typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
