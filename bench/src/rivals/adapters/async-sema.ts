import { Sema } from "async-sema";
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

export const asyncSema: SemaphoreRival = {
  kind: "semaphore",
  name: "async-sema",
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
  adapter: "its `Sema`; the adapter counts `held`",
  make(capacity) {
    const sema = new Sema(capacity);
    const counts = new Counts();
    return {
      capacity,
      get held() {
        return counts.held;
      },
      get waiting() {
        return sema.nrWaiting();
      },
      tryAcquire: () => (sema.tryAcquire() === undefined ? undefined : counts.lend(() => sema.release())),
      acquire: () => counts.wait(sema.acquire(), () => sema.release()),
    };
  },
};
