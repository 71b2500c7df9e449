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

/** An option that makes no sense, whatever the stream. `code` is `ERR_INVALID_VALUE`. */
export class InvalidValueError extends RangeError {
  override readonly name = "InvalidValueError";
  readonly code = "ERR_INVALID_VALUE";
  /** What was wrong, for example `"maxBytes"`. */
  readonly what: string;
  readonly value: unknown;
  /** What would have been right. */
  readonly expected: string;
  constructor(what: string, value: unknown, expected: string) {
    const shown = Object(value) === value ? typeof value : JSON.stringify(String(value).slice(0, 80));
    super(`${what} must be ${expected}, got ${shown}`);
    this.what = what;
    this.value = value;
    this.expected = expected;
  }
}

/** Somebody else reads the stream. `code` is `ERR_LOCKED`. */
export class LockedError extends TypeError {
  override readonly name = "LockedError";
  readonly code = "ERR_LOCKED";
  readonly stream: object;
  constructor(stream: object) {
    super("the stream is locked to another reader: wrap it before it is read");
    this.stream = stream;
  }
}
