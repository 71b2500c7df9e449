import type { Work } from "./clock.js";

const ITEMS = 1_000;
/** Work that takes more turns waits for something that does not come from microtasks, and never will while they run. */
const MOST = ITEMS * 1_000;

/**
 * How many turns of the microtasks pass for one of many. The same in every run: no clock is asked.
 *
 * - **Order:** once for so many and once for twice as many; what counts is the difference.
 * - **Abort:** ends after a thousand turns for each.
 * - **Errors:** those of the work, and if it does not end in so many turns.
 */
export async function turns(work: Work): Promise<number> {
  const once = await count(work, ITEMS);
  return ((await count(work, 2 * ITEMS)) - once) / ITEMS;
}

async function count(work: Work, times: number): Promise<number> {
  let passed = 0;
  let over = false;
  const tick = () => {
    if (over || passed > MOST) return;
    passed++;
    queueMicrotask(tick);
  };
  const working = work(times);
  tick();
  await working;
  over = true;
  if (passed > MOST) throw new Error(`it is not over after ${MOST} turns`);
  return passed;
}
