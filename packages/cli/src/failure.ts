/** The command line asks for something that makes no sense. `code` is `ERR_USAGE`; the program exits with 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly code = "ERR_USAGE";
}

/** A request that was understood could not be carried out. `code` is `ERR_FAILED`. */
export class FailedError extends Error {
  override readonly name = "FailedError";
  readonly code = "ERR_FAILED";
}

/** Some files of a folder were copied, and others were not. `code` is `ERR_INCOMPLETE`. */
export class IncompleteError extends Error {
  override readonly name = "IncompleteError";
  readonly code = "ERR_INCOMPLETE";
  /** The first ones. */
  readonly failed: readonly { readonly name: string; readonly error: unknown }[];
  constructor(failed: IncompleteError["failed"], count: number, files: number) {
    super(`${count} of ${files} files were not copied`);
    this.failed = failed;
  }
}

/** The user pressed Ctrl-C, or asked the process to end. `code` is `ERR_INTERRUPTED`. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
  readonly code = "ERR_INTERRUPTED";
  /** Such as `"SIGINT"`. */
  readonly by: string;
  constructor(by: string) {
    super(`interrupted by ${by}`);
    this.by = by;
  }
}

/** Whoever was reading standard output has stopped, which is no failure: `head` does so. `code` is `ERR_READER_GONE`. */
export class ReaderGoneError extends Error {
  override readonly name = "ReaderGoneError";
  readonly code = "ERR_READER_GONE";
  constructor() {
    super("nobody reads standard output any more");
  }
}

/** The embedded server ended while it was needed. `code` is `ERR_SERVER_DIED`. */
export class ServerDiedError extends Error {
  override readonly name = "ServerDiedError";
  readonly code = "ERR_SERVER_DIED";
  constructor(how: string, said: string) {
    super(`the embedded S3 server ended ${how}${said === "" ? "" : `; it said: ${said}`}`);
  }
}
