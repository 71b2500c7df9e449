/** A weight, capacity, size or time that makes no sense, whatever the state. `code` is `ERR_INVALID_VALUE`. */
export class InvalidValueError extends RangeError {
  override readonly name = "InvalidValueError";
  readonly code = "ERR_INVALID_VALUE";
  /** What was wrong, for example `"weight"`. */
  readonly what: string;
  readonly value: unknown;
  /** What would have been right. */
  readonly expected: string;
  constructor(what: string, value: unknown, expected: string) {
    super(`${what} must be ${expected}, got ${shown(value)}`);
    this.what = what;
    this.value = value;
    this.expected = expected;
  }
}

/** A weight that can not fit, however long it waits, while the capacity is what it is. `code` is `ERR_TOO_HEAVY`. */
export class TooHeavyError extends RangeError {
  override readonly name = "TooHeavyError";
  readonly code = "ERR_TOO_HEAVY";
  readonly weight: number;
  readonly capacity: number;
  constructor(weight: number, capacity: number, name?: string) {
    super(`${named(name)}asked for ${weight}, but only ${capacity} exist`);
    this.weight = weight;
    this.capacity = capacity;
  }
}

/** Whatever was asked was closed, before the call or while it waited. `code` is `ERR_CLOSED`. */
export class ClosedError extends Error {
  override readonly name = "ClosedError";
  readonly code = "ERR_CLOSED";
  constructor(reason?: unknown, name?: string) {
    super(`${named(name)}closed`, reason === undefined ? undefined : { cause: reason });
  }
}

/** The permit was given back already, so there is nothing left to divide. `code` is `ERR_RELEASED`. */
export class ReleasedError extends Error {
  override readonly name = "ReleasedError";
  readonly code = "ERR_RELEASED";
  constructor() {
    super("the permit has been released");
  }
}

/** The line is full, so the request was shed at once and changed nothing. `code` is `ERR_OVERLOADED`. */
export class OverloadedError extends Error {
  override readonly name = "OverloadedError";
  readonly code = "ERR_OVERLOADED";
  readonly waiting: number;
  /** Milliseconds after which a new try makes sense, where known. */
  readonly retryAfter: number | undefined;
  constructor(waiting: number, retryAfter?: number, name?: string) {
    super(`${named(name)}${waiting} are waiting already`);
    this.waiting = waiting;
    this.retryAfter = retryAfter;
  }
}

/** The `timeout` of a wait ran out; nothing was taken. `code` is `ERR_WAIT_TIMEOUT`. */
export class WaitTimeoutError extends Error {
  override readonly name = "WaitTimeoutError";
  readonly code = "ERR_WAIT_TIMEOUT";
  /** Milliseconds. */
  readonly timeout: number;
  constructor(timeout: number) {
    super(`gave up after waiting ${timeout} ms`);
    this.timeout = timeout;
  }
}

// An error text repeats what the caller passed, so it is cut: a bad value must not become a large log line.
const shown = (value: unknown): string => {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 80));
  return Object(value) === value ? typeof value : String(value).slice(0, 80);
};

const named = (name: string | undefined) => (name === undefined ? "" : `${name}: `);
