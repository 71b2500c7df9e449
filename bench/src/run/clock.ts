import { median } from "./median.js";
import { cpuNow, now } from "./now.js";

/** Does something so many times; the promise, if there is one, settles when all of it is done. */
export type Work = (times: number) => void | Promise<void>;

// Many short samples rather than a few long ones: on a machine that does other things too, more of them are left alone.
const SAMPLE_MS = 15;
const SAMPLES = 9;
/** After that there are no further samples. */
const ENOUGH_MS = 500;
/** Of the processor: on a machine that does other things too, that is later. */
const WARM_UP_MS = 300;
/** Work that takes longer than this even if it is done only once: its first figure is the figure. */
const LONG_MS = 2_500;

/**
 * What one of so many takes, in nanoseconds: the median of the samples.
 *
 * - **Order:** warms up and finds out how often it has to be done to fill a sample, then measures.
 * - **Abort:** cannot be stopped.
 * - **Errors:** those of the work.
 */
export async function nanoseconds(work: Work, each = 1): Promise<number> {
  const { times, took } = await warmUp(work);
  if (took > LONG_MS) return (took * 1e6) / (times * each);
  const samples: number[] = [];
  for (let spent = 0; samples.length < SAMPLES && spent < ENOUGH_MS; ) {
    const sample = await milliseconds(work, times);
    samples.push(sample);
    spent += sample;
  }
  return (median(samples) * 1e6) / (times * each);
}

// One long run does not mean that the work is long: the machine may have done something else. The quickest of three does.
async function warmUp(work: Work): Promise<{ times: number; took: number }> {
  let times = 1;
  let quickest = Number.POSITIVE_INFINITY;
  const before = cpuNow();
  for (let tries = 1; ; tries++) {
    const took = await milliseconds(work, times);
    quickest = Math.min(quickest, took);
    if (quickest < SAMPLE_MS) {
      if (tries % 3 === 0 || quickest < SAMPLE_MS / 4) {
        times *= 2;
        quickest = Number.POSITIVE_INFINITY;
      }
    } else if (cpuNow() - before > WARM_UP_MS && (tries >= 3 || took > WARM_UP_MS))
      return { times, took: quickest };
  }
}

async function milliseconds(work: Work, times: number): Promise<number> {
  const start = now();
  await work(times);
  return now() - start;
}

/** The next macrotask: all that promises had to do has been done. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export function check(what: string, is: number, shouldBe: number): void {
  if (is !== shouldBe) throw new Error(`${what}: ${is} instead of ${shouldBe}`);
}
