import { FloorSemaphoreRing } from "../../floor/semaphore-ring.js";
import { acquiring } from "../acquiring.js";

const alone = new FloorSemaphoreRing(1);

export const subject = acquiring({
  open() {
    const semaphore = new FloorSemaphoreRing(1);
    return { acquire: () => semaphore.acquire(), release: () => semaphore.release() };
  },
  pairs(times) {
    for (let left = times; left > 0; left--) {
      if (!alone.tryAcquire()) throw new Error("it did not fit");
      alone.release();
    }
  },
});
