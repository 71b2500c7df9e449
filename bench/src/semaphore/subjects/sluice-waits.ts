import { Semaphore } from "@sluice/semaphore";
import type { Subject, Wait } from "../subject.js";

const MINUTE = 60_000;

const lineOf = (waitOn: (semaphore: Semaphore) => Wait): Subject => ({
  async full() {
    const semaphore = new Semaphore(1);
    await semaphore.acquire();
    return waitOn(semaphore);
  },
});

/** Waits for a minute at most, by the option that there is for it. */
export const timeout = lineOf((semaphore) => (signal) => {
  return semaphore.acquire(1, { signal, timeout: MINUTE });
});

/** The same by what the platform has: a signal, and a timer, for each. */
export const anySignal = lineOf((semaphore) => (signal) => {
  const deadline = AbortSignal.timeout(MINUTE);
  return semaphore.acquire(1, { signal: signal ? AbortSignal.any([signal, deadline]) : deadline });
});
