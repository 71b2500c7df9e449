import { StoreError } from "../errors.js";
import type { StoreBody } from "../object.js";
import type { Fault, StoreCall } from "./fault.js";
import { sizeOf, taken } from "./spoiled.js";

/** A fault, and what it has seen so far. */
export interface Struck {
  readonly fault: Fault;
  calls: number;
  /** Bytes that were written. */
  filled: number;
}

/**
 * What a fault does before the store hears of a call.
 *
 * - **Order:** none of its own.
 * - **Abort:** rejects with `signal.reason` while it waits.
 * - **Errors:** those that the fault is there for.
 */
export async function begun(
  struck: Struck,
  call: StoreCall,
  body: StoreBody | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { fault } = struck;
  if (fault.do === "delay") await unlessAborted(fault.until(call), signal);
  if (fault.do === "fail") throw fault.error();
  if (fault.do === "hang") await untilAborted(signal);
  if (fault.do === "reset" && body !== undefined) {
    const error = new StoreError("NetworkError", `the connection was reset after ${fault.after} bytes`);
    await taken(body, fault.after, error, signal);
    throw error;
  }
  if (fault.do === "fill" && body !== undefined) {
    const size = sizeOf(body);
    if (struck.filled + size > fault.capacity) throw full();
    struck.filled += size;
  }
}

function full(): StoreError {
  const cause = Object.assign(new Error("ENOSPC: no space left on device, write"), {
    code: "ENOSPC",
    syscall: "write",
  });
  const options = { status: 500, retryable: false, cause };
  return new StoreError("InternalError", "the file system answered ENOSPC to write", options);
}

export const untilAborted = (signal: AbortSignal | undefined): Promise<never> =>
  unlessAborted(new Promise<never>(() => undefined), signal);

function unlessAborted<T>(wait: PromiseLike<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal?.reason);
    if (signal?.aborted) return stop();
    signal?.addEventListener("abort", stop, { once: true });
    const untie = () => signal?.removeEventListener("abort", stop);
    wait.then(
      (value) => {
        untie();
        resolve(value);
      },
      (cause: unknown) => {
        untie();
        reject(cause);
      },
    );
  });
}
