import { Semaphore } from "radashi";
import type { SemaphoreRival } from "../rival.js";
import { NO_LIMIT, NO_PARTS, NO_RESIZE, NO_TRY } from "./why-waived.js";

export const radashi: SemaphoreRival = {
  kind: "semaphore",
  name: "radashi",
  lacks: ["time-outs", "tryAcquire"],
  waivers: {
    M13: NO_PARTS,
    M14: NO_RESIZE,
    // No race is needed for it, so it is not what the law says; M4 is where it belongs.
    M10: "its check minds the listener that stays on the signal of a request that is granted at once",
    M11: NO_TRY,
    M12: NO_LIMIT,
  },
  adapter: "its `Semaphore`; `held` is `maxCapacity` less `capacity`, `close()` is `reject(error)`",
  make(capacity) {
    const semaphore = new Semaphore(capacity);
    return {
      capacity,
      get held() {
        return semaphore.maxCapacity - semaphore.capacity;
      },
      get waiting() {
        return semaphore.queueLength;
      },
      tryAcquire: () => undefined,
      acquire: (weight, { signal } = {}) => semaphore.acquire({ weight, ...(signal && { signal }) }),
      close: () => semaphore.reject(new Error("closed")),
    };
  },
};
