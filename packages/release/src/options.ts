import { InvalidValueError } from "./errors.js";
import type { Leak } from "./leaks.js";

/** How long a stream may hold its permit. A stream whose budget is spent ends with `ERR_STALLED`. */
export interface TimeBudgets {
  /**
   * Milliseconds without progress by the consumer: nobody asks for the next chunk. What the source takes does not
   * count. Looked at four times as often, so it may come a quarter late, and never early.
   */
  idleTimeout?: number | undefined;
  /** Milliseconds from the beginning to the end, whoever is slow. */
  lifetime?: number | undefined;
}

export interface ReleaseOptions extends TimeBudgets {
  /**
   * Hears of a stream that was collected before it had ended, with the place where it was wrapped. It is released,
   * and its source cancelled with `ERR_LEAKED`. When that happens is up to the garbage collector: it finds bugs, and
   * is no way to release. `release` must not lead to the stream, or it will never be collected; nor will it be before
   * a time budget is spent. Without a `FinalizationRegistry` nothing is heard.
   */
  onLeak?: ((leak: Leak) => void) | undefined;
}

// The longest delay that timers keep: above it, browsers and Node fire at once.
const LONGEST = 2 ** 31 - 1;

/** Throws `ERR_INVALID_VALUE` for what is no way to release, or makes no sense as options. */
export function checkRelease(release: () => void, options: ReleaseOptions): void {
  if (typeof release !== "function") throw new InvalidValueError("release", release, "a function");
  if (!options || typeof options !== "object") throw new InvalidValueError("options", options, "an object");
  const { idleTimeout, lifetime, onLeak } = options;
  for (const [what, value] of Object.entries({ idleTimeout, lifetime })) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 1 && value <= LONGEST)) {
      throw new InvalidValueError(what, value, `whole milliseconds from 1 to ${LONGEST}`);
    }
  }
  if (onLeak !== undefined && typeof onLeak !== "function") {
    throw new InvalidValueError("onLeak", onLeak, "a function");
  }
}
