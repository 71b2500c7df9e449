import { Semaphore } from "es-toolkit";
import { acquiring } from "../acquiring.js";

export const subject = acquiring({
  open() {
    const semaphore = new Semaphore(1);
    return { acquire: () => semaphore.acquire(), release: () => semaphore.release() };
  },
});
