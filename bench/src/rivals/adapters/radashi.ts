import { Semaphore } from "radashi";
import type { SemaphoreRival } from "../rival.js";
import { NO_LIMIT, NO_PARTS, NO_RESIZE, NO_TIMING, NO_TRY } from "./why-waived.js";

export const radashi: SemaphoreRival = {
  kind: "semaphore",
  name: "radashi",
  lacks: ["time-outs", "tryAcquire"],
  waivers: {
    M9: NO_TIMING,
    M13: NO_PARTS,
    M14: NO_RESIZE,
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
