import { settled } from "../run/clock.js";
import { median } from "../run/median.js";
import { now } from "../run/now.js";
import type { Wait } from "./subject.js";

/** How many of the line leave it, one after the other, each by a signal of its own. */
const LEAVERS = 100;
const WARM_UPS = 30;
const SAMPLES = 7;

/**
 * What it costs one of so many waiters to leave the line, above `abort()` itself, in nanoseconds.
 *
 * - **Order:** until all who left have heard of it.
 * - **Abort:** cannot be stopped.
 * - **Errors:** rejects if anybody leaves for another reason than its signal's.
 */
export async function leaving(open: () => Promise<Wait>, length: number): Promise<number> {
  for (let left = WARM_UPS; left > 0; left--) await sample(open, LEAVERS);
  const samples: number[] = [];
  for (let left = SAMPLES; left > 0; left--) samples.push(await sample(open, length));
  return median(samples);
}

async function sample(open: () => Promise<Wait>, length: number): Promise<number> {
  const wait = await open();
  const reason = new Error("enough");
  const controllers = Array.from({ length: LEAVERS }, () => new AbortController());
  const apart = Math.floor(length / LEAVERS);
  let left = 0;
  let tell: () => void = () => {};
  const allLeft = new Promise<void>((resolve) => (tell = resolve));
  for (let place = 0; place < length; place++) {
    const leaver = place % apart === 0 ? controllers[place / apart] : undefined;
    const waiting = wait(leaver?.signal);
    if (leaver === undefined) continue;
    waiting.catch((why) => {
      if (why !== reason) throw new Error("it left for another reason", { cause: why });
      if (++left === LEAVERS) tell();
    });
  }
  await settled();
  const start = now();
  for (const controller of controllers) controller.abort(reason);
  await allLeft;
  const took = now() - start;
  return ((took - bare(reason)) * 1e6) / LEAVERS;
}

function bare(reason: Error): number {
  const controllers = Array.from({ length: LEAVERS }, () => new AbortController());
  const start = now();
  for (const controller of controllers) controller.abort(reason);
  return now() - start;
}
