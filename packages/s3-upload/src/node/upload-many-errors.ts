/** Folders are nested deeper than they are walked. `code` is `ERR_TOO_DEEP`. */
export class TooDeepError extends Error {
  override readonly name = "TooDeepError";
  readonly code = "ERR_TOO_DEEP";
  readonly path: string;
  /** How many folders deep a walk goes. */
  readonly limit: number;
  constructor(path: string, limit: number) {
    super(`${path} is more than ${limit} folders deep, and each takes a file handle; upload it by itself`);
    this.path = path;
    this.limit = limit;
  }
}
