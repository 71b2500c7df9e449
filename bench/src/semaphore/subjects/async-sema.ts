import { Sema } from "async-sema";
import { acquiring } from "../acquiring.js";

const alone = new Sema(1);

export const subject = acquiring({
  open() {
    const semaphore = new Sema(1);
    return { acquire: () => semaphore.acquire(), release: () => semaphore.release() };
  },
  pairs(times) {
    for (let left = times; left > 0; left--) {
      if (alone.tryAcquire() === undefined) throw new Error("it did not fit");
      alone.release();
    }
  },
});
