const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** A number of bytes for people: three digits at least, in powers of 1,024. */
export function sizeText(bytes: number): string {
  let unit = 0;
  let amount = bytes;
  for (; amount >= 1024 && unit < UNITS.length - 1; unit++) amount /= 1024;
  const digits = unit === 0 || amount >= 100 || Number.isInteger(amount) ? 0 : 1;
  return `${amount.toFixed(digits)} ${UNITS[unit]}`;
}

/** A speed for people, in MiB/s. */
export const speedText = (bytes: number, seconds: number): string =>
  `${(seconds > 0 ? bytes / 2 ** 20 / seconds : 0).toFixed(0)} MiB/s`;
