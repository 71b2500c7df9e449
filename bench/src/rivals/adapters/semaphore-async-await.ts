import { createRequire } from "node:module";
import type { SemaphoreRival } from "../rival.js";
import { Counts } from "./counts.js";
import {
  NO_CLOSE,
  NO_LIMIT,
  NO_PARTS,
  NO_PERMITS,
  NO_RESIZE,
  NO_SIGNALS,
  NO_TIMING,
  NO_WEIGHTS,
} from "./why-waived.js";

// Node gives an import of it the whole module in the place of its default export.
const { default: Semaphore } = createRequire(import.meta.url)(
  "semaphore-async-await",
) as typeof import("semaphore-async-await");

export const semaphoreAsyncAwait: SemaphoreRival = {
  kind: "semaphore",
  name: "semaphore-async-await",
  lacks: ["weights", "signals", "time-outs", "permits"],
  waivers: {
    M9: NO_TIMING,
    M13: NO_PARTS,
    M14: NO_RESIZE,
    M4: NO_SIGNALS,
    M5: NO_SIGNALS,
    M6: NO_WEIGHTS,
    M7: NO_PERMITS,
    M8: NO_CLOSE,
    M10: NO_SIGNALS,
    M12: NO_LIMIT,
  },
  adapter: "its `Semaphore`; `held` is the capacity less `getPermits()`",
  make(capacity) {
    const semaphore = new Semaphore(capacity);
    const counts = new Counts();
    return {
      capacity,
      get held() {
        return capacity - semaphore.getPermits();
      },
      get waiting() {
        return counts.waiting;
      },
      tryAcquire: () => (semaphore.tryAcquire() ? counts.lend(() => semaphore.release()) : undefined),
      acquire: () => counts.wait(semaphore.acquire(), () => semaphore.release()),
    };
  },
};
