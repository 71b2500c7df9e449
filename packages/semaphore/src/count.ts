import { InvalidValueError } from "./errors.js";

/** Throws `ERR_INVALID_VALUE` unless the value is a safe integer from 1 to `most`. */
export function checkCount(what: string, value: number, most = Number.MAX_SAFE_INTEGER): void {
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return;
  const range = most < Number.MAX_SAFE_INTEGER ? `from 1 to ${most}` : "of at least 1";
  throw new InvalidValueError(what, value, `a safe integer ${range}`);
}
