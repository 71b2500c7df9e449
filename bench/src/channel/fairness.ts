import type { Work } from "../run/clock.js";
import { now } from "../run/now.js";

const ITEMS = 1_000_000;
const TIMER_MS = 5;

/** How late the latest of the timers was, and what an item took meanwhile. */
export interface Fairness {
  readonly latestMs: number;
  readonly nanosecondsEach: number;
}

/**
 * Lets a million items flow between two loops that wait for nothing else, with a timer that is set again and again.
 *
 * - **Order:** warms up first.
 * - **Abort:** cannot be stopped.
 * - **Errors:** those of the flow.
 */
export async function fairness(flow: Work): Promise<Fairness> {
  await flow(ITEMS / 10);
  let latestMs = 0;
  let due = 0;
  let timer: NodeJS.Timeout | undefined;
  const note = () => {
    latestMs = Math.max(latestMs, performance.now() - due);
  };
  const set = () => {
    due = performance.now() + TIMER_MS;
    timer = setTimeout(() => {
      note();
      set();
    }, TIMER_MS);
  };
  set();
  const start = now();
  await flow(ITEMS);
  const took = now() - start;
  clearTimeout(timer);
  // The one that is still to come is late as well, if it should have been there.
  note();
  return { latestMs, nanosecondsEach: (took * 1e6) / ITEMS };
}
