import { type Permit, Semaphore } from "@sluice/semaphore";
import { acquiring } from "../acquiring.js";
import { chunks, GIB } from "../heavy.js";
import { runsOf } from "../running.js";

const alone = new Semaphore(1);
const budget = new Semaphore(GIB);
const release = (permit: Permit) => permit.release();

export const subject = acquiring<Permit>({
  open() {
    const semaphore = new Semaphore(1);
    return {
      acquire: (signal) => (signal === undefined ? semaphore.acquire() : semaphore.acquire(1, { signal })),
      release,
    };
  },
  pairs(times) {
    for (let left = times; left > 0; left--) {
      const permit = alone.tryAcquire();
      if (permit === undefined) throw new Error("it did not fit");
      permit.release();
    }
  },
  runs: runsOf((task) => alone.use(1, task)),
  heavy: chunks((weight) => budget.acquire(weight), release),
});
