import { InvalidValueError } from "./errors.js";

const UNITS: Readonly<Record<string, number>> = {
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

const SIZE = /^(\d{1,16}(?:\.\d{1,6})?)([kKMGT]i?B)$/;

/**
 * The number of bytes that a size such as `"64MiB"` or `"1.5GB"` stands for.
 *
 * The units are KiB, MiB, GiB, TiB (powers of 1,024) and kB, MB, GB (powers of 1,000). Throws
 * `ERR_INVALID_VALUE`, a RangeError that names the input, for anything else, zero and fractions of a byte included.
 *
 * @example
 * ```ts
 * parseBytes("64MiB"); // 67108864
 * ```
 */
export function parseBytes(size: string): number {
  const [, amount, unit] = (typeof size === "string" && SIZE.exec(size)) || [];
  const bytes = Number(amount) * (UNITS[unit ?? ""] ?? Number.NaN);
  if (!Number.isSafeInteger(bytes) || bytes < 1) {
    throw new InvalidValueError(
      "size",
      size,
      'whole bytes in KiB, MiB, GiB, TiB, kB, MB or GB, such as "64MiB"',
    );
  }
  return bytes;
}
