/** Something that is no stream was passed where one was needed. `code` is `ERR_NOT_A_STREAM`. */
export class NotAStreamError extends TypeError {
  override readonly name = "NotAStreamError";
  readonly code = "ERR_NOT_A_STREAM";
  readonly value: unknown;
  constructor(value: unknown) {
    super(
      `expected a Node Readable, a web ReadableStream, an async iterable or a Response, got ${Object.prototype.toString.call(value)}`,
    );
    this.value = value;
  }
}

/** Somebody else reads the stream, or has read the body of a `Response`. `code` is `ERR_LOCKED`. */
export class LockedError extends TypeError {
  override readonly name = "LockedError";
  readonly code = "ERR_LOCKED";
  readonly stream: object;
  constructor(stream: object) {
    super("the stream is locked to another reader, or its body was read before: wrap it before it is read");
    this.stream = stream;
  }
}

/** An option that makes no sense. `code` is `ERR_INVALID_VALUE`. */
export class InvalidValueError extends RangeError {
  override readonly name = "InvalidValueError";
  readonly code = "ERR_INVALID_VALUE";
  /** What was wrong, for example `"idleTimeout"`. */
  readonly what: string;
  readonly value: unknown;
  /** What would have been right. */
  readonly expected: string;
  constructor(what: string, value: unknown, expected: string) {
    // Cut: a bad value must not become a large log line.
    super(`${what} must be ${expected}, got ${typeof value === "number" ? value : typeof value}`);
    this.what = what;
    this.value = value;
    this.expected = expected;
  }
}

/** A time budget is spent: the stream was taken from its consumer, and its source cancelled. `code` is `ERR_STALLED`. */
export class StalledError extends Error {
  override readonly name = "StalledError";
  readonly code = "ERR_STALLED";
  /** Which budget. */
  readonly budget: "idleTimeout" | "lifetime";
  /** How large it was. */
  readonly milliseconds: number;
  constructor(budget: "idleTimeout" | "lifetime", milliseconds: number) {
    super(
      budget === "lifetime"
        ? `the stream has not ended within ${milliseconds} ms`
        : `the consumer has taken nothing for ${milliseconds} ms`,
    );
    this.budget = budget;
    this.milliseconds = milliseconds;
  }
}

/** Why a source is cancelled whose wrapper was collected before it had ended. `code` is `ERR_LEAKED`. */
export class LeakedError extends Error {
  override readonly name = "LeakedError";
  readonly code = "ERR_LEAKED";
  constructor() {
    super("nobody has the stream any more, and it had not ended");
  }
}
