import { InvalidValueError, parseBytes } from "@sluice/semaphore";

/** Bytes given as a number or as a text, from 1 to `most`; else throws `ERR_INVALID_VALUE` that says what they are. */
export function bytesOf(what: string, size: number | string, most = Number.MAX_SAFE_INTEGER): number {
  const bytes = typeof size === "string" ? parseBytes(size) : size;
  if (!Number.isSafeInteger(bytes) || bytes < 1 || bytes > most) {
    throw new InvalidValueError(what, size, `whole bytes from 1 to ${most}`);
  }
  return bytes;
}
