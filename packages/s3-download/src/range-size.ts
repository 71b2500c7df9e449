import type { Settled } from "./options.js";

//  given:      as given, but never more than the budget has
//  left out:   most  = the budget ÷ the window, from 1 MiB to 8 MiB
//              first = most; less if it is known that fewer bytes are wanted: those ÷ the window, from 1 MiB
//              rest  = what the first leaves ÷ (the window − 1), from 1 MiB to most
//
//  The first range is asked for before the size is known. A whole 8 MiB, so that most objects cost one request; the
//  others then have the time that it takes.

const LEAST = 2 ** 20;
const MOST = 8 * 2 ** 20;

type Given = Pick<Settled, "wantedRangeSize" | "budget" | "slots" | "start" | "last">;

/** Bytes of the first range. */
export function firstRangeSize(given: Given): number {
  const most = mostOf(given);
  if (given.wantedRangeSize !== undefined || given.last === Number.POSITIVE_INFINITY) return most;
  return spread(given.last - given.start + 1, given.slots.capacity, most);
}

/** Bytes of every range behind the first, when it is known that so many bytes come behind it. */
export function nextRangeSize(given: Given, left: number): number {
  const most = mostOf(given);
  return given.wantedRangeSize === undefined ? spread(left, given.slots.capacity - 1, most) : most;
}

function mostOf({ wantedRangeSize, budget, slots }: Given): number {
  if (budget === undefined) return wantedRangeSize ?? MOST;
  const share = Math.min(MOST, Math.max(LEAST, Math.floor(budget.capacity / slots.capacity)));
  return Math.min(wantedRangeSize ?? share, budget.capacity);
}

const spread = (bytes: number, ranges: number, most: number): number =>
  Math.min(most, Math.max(LEAST, Math.ceil(bytes / Math.max(1, ranges))));
