// Taken at load time, so that a test that fakes the timers later does not stop the kit's own.
const later = globalThis.setTimeout;

const LEAST_TURNS = 16;
const MOST_TURNS = 100;
const MOST_HOPS = 20;

// 1, which is what 0 means on Node: elsewhere many turns pass in no time at all, and no timer comes due.
const LEAST_MS = 1;

/** One turn of the event loop. */
export const hop = (): Promise<void> => new Promise((resolve) => later(resolve, LEAST_MS));

/**
 * Lets everything that can happen happen, and says whether `calm` was reached. Promises get a fixed number of
 * turns, so that something wrong has the time to show. While `calm` is not reached, there follow more turns
 * and then a few turns of the event loop, each after `beforeHop`: only then do due timers fire. There is no
 * time-out: what has not settled when no turn is left never will.
 *
 * - **Order:** microtasks first; a turn of the event loop only while `calm` is not reached.
 * - **Abort:** cannot be stopped; it ends after a fixed number of turns.
 * - **Errors:** what `calm` throws.
 */
export async function settle(calm: () => boolean, beforeHop: () => void = () => {}): Promise<boolean> {
  for (let turn = 0; turn < MOST_TURNS && (turn < LEAST_TURNS || !calm()); turn++) await undefined;
  for (let hops = 0; hops < MOST_HOPS && !calm(); hops++) {
    beforeHop();
    await hop();
  }
  return calm();
}
