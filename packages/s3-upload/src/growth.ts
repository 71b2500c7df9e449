/** How large the parts of an upload are: all alike, or twice as large after each tenth of the parts. */
export interface Growth {
  /** Bytes of the first part. */
  readonly first: number;
  /** Bytes of the largest: `first`, doubled none or more times. */
  readonly largest: number;
  /** After how many parts they double. */
  readonly step: number;
}

/** Parts that double from `first` on, but never exceed the ceiling. */
export function growthTo(first: number, ceiling: number, maxParts: number): Growth {
  let largest = first;
  while (largest * 2 <= ceiling) largest *= 2;
  return { first, largest, step: Math.ceil(maxParts / 10) };
}

/** Bytes of a part, numbered from 1, unless the body ends in it. */
export function sizeOf({ first, largest, step }: Growth, number: number): number {
  return Math.min(first * 2 ** Math.floor((number - 1) / step), largest);
}

/** Bytes of so many parts. */
export function sizeOfAll(growth: Growth, parts: number): number {
  let sum = 0;
  for (let number = 1; number <= parts; number += growth.step) {
    sum += sizeOf(growth, number) * Math.min(growth.step, parts - number + 1);
  }
  return sum;
}
