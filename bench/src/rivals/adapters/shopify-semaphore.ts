import { Semaphore } from "@shopify/semaphore";
import type { SemaphoreRival } from "../rival.js";
import { Counts } from "./counts.js";
import {
  NO_CLOSE,
  NO_LIMIT,
  NO_PARTS,
  NO_RESIZE,
  NO_SIGNALS,
  NO_TIMING,
  NO_TRY,
  NO_WEIGHTS,
} from "./why-waived.js";

export const shopifySemaphore: SemaphoreRival = {
  kind: "semaphore",
  name: "@shopify/semaphore",
  lacks: ["weights", "signals", "time-outs", "tryAcquire"],
  waivers: {
    M9: NO_TIMING,
    M13: NO_PARTS,
    M14: NO_RESIZE,
    M4: NO_SIGNALS,
    M5: NO_SIGNALS,
    M6: NO_WEIGHTS,
    M8: NO_CLOSE,
    M10: NO_SIGNALS,
    M11: NO_TRY,
    M12: NO_LIMIT,
  },
  adapter: "its `Semaphore` and `Permit`; the adapter counts `held`",
  make(capacity) {
    const semaphore = new Semaphore(capacity);
    const counts = new Counts();
    return {
      capacity,
      get held() {
        return counts.held;
      },
      get waiting() {
        return counts.waiting;
      },
      tryAcquire: () => undefined,
      acquire: () => counts.wait(semaphore.acquire(), (permit) => permit.release()),
    };
  },
};
