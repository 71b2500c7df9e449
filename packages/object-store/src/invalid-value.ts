/** An option that makes no sense, whatever the state. `code` is `ERR_INVALID_VALUE`. */
export class InvalidValueError extends RangeError {
  override readonly name = "InvalidValueError";
  readonly code = "ERR_INVALID_VALUE";
  /** What was wrong, for example `"attempts"`. */
  readonly what: string;
  readonly value: unknown;
  /** What would have been right. */
  readonly expected: string;
  constructor(what: string, value: unknown, expected: string) {
    super(`${what} must be ${expected}, got ${String(value).slice(0, 80)}`);
    this.what = what;
    this.value = value;
    this.expected = expected;
  }
}

const isNumberFrom = (least: number, value: unknown) =>
  typeof value === "number" && value >= least && value <= Number.MAX_SAFE_INTEGER;

/** Throws unless the value is a whole number that is safe to count with. */
export function checkInteger(what: string, value: unknown, least: number): void {
  if (!isNumberFrom(least, value) || !Number.isInteger(value)) {
    throw new InvalidValueError(what, value, `a whole number from ${least} up`);
  }
}

/** Throws unless the value is a number of milliseconds that timers can wait. */
export function checkDelay(what: string, value: unknown): void {
  if (!isNumberFrom(0, value) || (value as number) > LONGEST_TIMER) {
    throw new InvalidValueError(what, value, `milliseconds from 0 to ${LONGEST_TIMER}`);
  }
}

// Above it, browsers and Node fire at once.
const LONGEST_TIMER = 2 ** 31 - 1;
