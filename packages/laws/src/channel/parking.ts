import { Refusal } from "../semaphore/reference.js";
import type { WaitLike } from "../semaphore/subject.js";

export interface Parked<T> {
  resolve(value: T): void;
  reject(reason: unknown): void;
}

/** A promise that stands in a lot until it is settled, or its signal or its timeout takes it out. */
export function park<Value>(
  lot: Map<number, Parked<Value>>,
  id: number,
  { signal, timeout }: WaitLike,
  onLeave: () => void,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const leave = (reason: unknown) => {
      lot.get(id)?.reject(reason);
      onLeave();
    };
    const onAbort = () => leave(signal?.reason);
    signal?.addEventListener("abort", onAbort);
    const timer =
      timeout === undefined ? undefined : setTimeout(() => leave(new Refusal("ERR_WAIT_TIMEOUT")), timeout);
    const untie = () => {
      lot.delete(id);
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    lot.set(id, {
      resolve: (value) => {
        untie();
        resolve(value);
      },
      reject: (reason) => {
        untie();
        reject(reason);
      },
    });
  });
}
