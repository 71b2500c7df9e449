import { InvalidValueError } from "./errors.js";

const SIZE = /^(\d{1,16})(?:\.(\d{1,6}))?(?:(k|M|G)B|(K|M|G|T)iB)$/;

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
  const [, whole = "0", part = "", decimal, binary = "_"] =
    (typeof size === "string" && SIZE.exec(size)) || [];
  const unit = decimal ? 1_000 ** "_kMG".indexOf(decimal) : 1_024 ** "_KMGT".indexOf(binary);
  // In whole numbers: 4.1 GB are whole bytes, but 4.1 times a billion is not.
  const scaled = BigInt(whole + part) * BigInt(unit);
  const scale = 10n ** BigInt(part.length);
  const bytes = scaled % scale === 0n ? Number(scaled / scale) : 0;
  if (!Number.isSafeInteger(bytes) || bytes < 1) {
    throw new InvalidValueError(
      "size",
      size,
      'whole bytes in KiB, MiB, GiB, TiB, kB, MB or GB, such as "64MiB"',
    );
  }
  return bytes;
}
