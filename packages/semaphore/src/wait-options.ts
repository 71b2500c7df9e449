import { checkOptions } from "./count.js";
import { InvalidValueError } from "./errors.js";

/** How long a caller is willing to wait. Every waiting method of Sluice takes one as its last argument. */
export interface WaitOptions {
  /** When it aborts, the wait rejects with `signal.reason`, untouched, and leaves no trace. */
  signal?: AbortSignal | undefined;
  /** Milliseconds. When they have passed, the wait rejects with {@link WaitTimeoutError}. */
  timeout?: number | undefined;
}

// The longest delay that timers keep: above it, browsers and Node fire at once.
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** Throws what a wait with these options must reject with before it has begun. */
export function checkWait(options: WaitOptions): void {
  checkOptions(options);
  const { signal, timeout } = options;
  // A text or a bigint would compare as well, and only the timer would find out.
  if (timeout !== undefined && !(Number.isFinite(timeout) && timeout >= 0 && timeout <= LONGEST_TIMEOUT)) {
    throw new InvalidValueError("timeout", timeout, `milliseconds from 0 to ${LONGEST_TIMEOUT}`);
  }
  if (signal === undefined) return;
  if (!signal?.throwIfAborted) throw new InvalidValueError("signal", signal, "an AbortSignal");
  signal.throwIfAborted();
}
