import { Semaphore } from "async-mutex";
import type { SemaphoreRival } from "../rival.js";
import { NO_LIMIT, NO_PARTS, NO_RESIZE, NO_SIGNALS, NO_TIMING, NO_TRY } from "./why-waived.js";

export const asyncMutex: SemaphoreRival = {
  kind: "semaphore",
  name: "async-mutex",
  lacks: ["signals", "time-outs", "tryAcquire"],
  waivers: {
    M9: NO_TIMING,
    M13: NO_PARTS,
    M14: NO_RESIZE,
    M4: NO_SIGNALS,
    M5: NO_SIGNALS,
    M8: "its cancel() refuses those who wait, and leaves it open",
    M10: NO_SIGNALS,
    M11: NO_TRY,
    M12: NO_LIMIT,
  },
  adapter: "its `Semaphore`; `held` is the capacity less `getValue()`, `release()` is the releaser",
  make(capacity) {
    const semaphore = new Semaphore(capacity);
    let waiting = 0;
    return {
      capacity,
      get held() {
        return capacity - semaphore.getValue();
      },
      get waiting() {
        return waiting;
      },
      tryAcquire: () => undefined,
      async acquire(weight) {
        waiting++;
        try {
          const [, release] = await semaphore.acquire(weight);
          return { weight, release };
        } finally {
          waiting--;
        }
      },
    };
  },
};
