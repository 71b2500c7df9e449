import { bytesEach } from "../run/heap.js";
import type { Wait } from "./subject.js";

/**
 * The heap that a waiter takes, its promise included, in bytes.
 *
 * - **Order:** all come before it is measured.
 * - **Abort:** cannot be stopped.
 * - **Errors:** rejects if the process was started without `--expose-gc`.
 */
export function bytesParked(open: () => Promise<Wait>, count: number, abortable: boolean): Promise<number> {
  return bytesEach(count, (some) => {
    // The array is the caller's, and the signal is there anyway.
    const promises = new Array<unknown>(some).fill(undefined);
    const { signal } = new AbortController();
    return async () => {
      const wait = await open();
      for (let at = 0; at < some; at++) promises[at] = abortable ? wait(signal) : wait();
      return { promises, wait, signal };
    };
  });
}
