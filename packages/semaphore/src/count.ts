import { InvalidValueError } from "./errors.js";

/** Throws `ERR_INVALID_VALUE` unless the value is a safe integer from `least` to `most`. */
export function checkCount(what: string, value: number, most = Number.MAX_SAFE_INTEGER, least = 1): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  const range = most < Number.MAX_SAFE_INTEGER ? `from ${least} to ${most}` : `of at least ${least}`;
  throw new InvalidValueError(what, value, `a safe integer ${range}`);
}

/** Throws `ERR_INVALID_VALUE` unless there are options: `null` is none, and leaving them out is something else. */
export function checkOptions(options: object): void {
  if (!options || typeof options !== "object") {
    throw new InvalidValueError("options", options, "an object");
  }
}
