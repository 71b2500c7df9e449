import type { Work } from "../run/clock.js";

export const GIB = 2 ** 30;
export const CHUNK = 64 * 1024;

/** Takes a chunk of what is there, and gives it back. */
export function chunks<Permit>(
  acquire: (weight: number) => Promise<Permit>,
  release: (permit: Permit) => void,
): Work {
  return async (times) => {
    for (let left = times; left > 0; left--) release(await acquire(CHUNK));
  };
}
