import { FloorSemaphore } from "../../floor/semaphore.js";
import { acquiring } from "../acquiring.js";
import { CHUNK, chunks, GIB } from "../heavy.js";
import { runsOf } from "../running.js";

const alone = new FloorSemaphore(1);
const budget = new FloorSemaphore(GIB);

async function run<R>(task: () => R | Promise<R>): Promise<R> {
  await alone.acquire();
  try {
    return await task();
  } finally {
    alone.release();
  }
}

export const subject = acquiring({
  open() {
    const semaphore = new FloorSemaphore(1);
    return { acquire: (signal) => semaphore.acquire(1, signal), release: () => semaphore.release() };
  },
  pairs(times) {
    for (let left = times; left > 0; left--) {
      if (!alone.tryAcquire()) throw new Error("it did not fit");
      alone.release();
    }
  },
  runs: runsOf(run),
  heavy: chunks(
    (weight) => budget.acquire(weight),
    () => budget.release(CHUNK),
  ),
});
