/** More bytes than were allowed. `code` is `ERR_TOO_LARGE`, and `status` what HTTP says to it. */
export class TooLargeError extends RangeError {
  override readonly name = "TooLargeError";
  readonly code = "ERR_TOO_LARGE";
  readonly status = 413;
  /** The same under the name that some frameworks look for. */
  readonly statusCode = 413;
  /** Bytes. */
  readonly limit: number;
  /** The bytes that were announced, if the announcement was too much already and nothing was read. */
  readonly declared: number | undefined;
  /** The bytes that came, with those of the chunk that was not delivered any more. */
  readonly seen: number | undefined;
  constructor(limit: number, { declared, seen }: { declared?: number; seen?: number }) {
    const found = declared === undefined ? `${seen} came` : `${declared} were announced`;
    super(`at most ${limit} bytes are allowed, and ${found}`);
    this.limit = limit;
    this.declared = declared;
    this.seen = seen;
  }
}

/** A chunk that is neither bytes nor a string, so that nobody can say how large it is. `code` is `ERR_NOT_BYTES`. */
export class NotBytesError extends TypeError {
  override readonly name = "NotBytesError";
  readonly code = "ERR_NOT_BYTES";
  readonly chunk: unknown;
  constructor(chunk: unknown) {
    super(`expected chunks of bytes or strings, got ${Object.prototype.toString.call(chunk)}`);
    this.chunk = chunk;
  }
}
