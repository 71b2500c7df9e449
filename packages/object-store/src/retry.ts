import { checkDelay, checkInteger } from "./invalid-value.js";
import type { RetryBudget } from "./retry-budget.js";

//  trying ──succeeds──▶ resolved
//    │ ▲
//    │ └──delay over──┐
//    ├──retryable, tries and tokens left──▶ waiting ──abort──▶ rejected with signal.reason
//    └──otherwise──▶ rejected with the error of the last try, untouched

export interface RetryEvent {
  readonly error: unknown;
  /** Which try has failed, from 1. */
  readonly attempt: number;
  /** Milliseconds until the next one. */
  readonly delay: number;
}

export interface RetryOptions {
  /** Tries in all, the first included. 5 if left out. */
  attempts?: number | undefined;
  /** Milliseconds that the first delay has at the most. If left out, 100, or 500 when the store is throttling. */
  baseDelay?: number | undefined;
  /** Milliseconds that no delay exceeds, whatever the store asks for. 20,000 if left out. */
  maxDelay?: number | undefined;
  /** From 0 to below 1, as `Math.random`. */
  random?: (() => number) | undefined;
  /** What all requests that share it may spend on retries. Left out: `attempts` is the only limit. */
  budget?: RetryBudget | undefined;
  /** Called before each delay. */
  onRetry?: ((event: RetryEvent) => void) | undefined;
}

/**
 * Tries until it works, as long as the failures have `retryable: true`, with full jitter between the tries: a
 * random share of `min(baseDelay × 2^n, maxDelay)`, or what the error's `retryAfter` asks for if that is more.
 *
 * A try in progress is not abandoned on abort: it is given the chance to stop by itself, with the same signal.
 * Whoever gets the rejection may therefore reuse the buffers that the try was sending.
 *
 * - **Order:** one try after the other.
 * - **Abort:** rejects with `signal.reason`; at once during a delay, else when the try has ended. No timer is left.
 * - **Errors:** that of the last try, untouched; `ERR_INVALID_VALUE` for options that make no sense.
 *
 * @example
 * ```ts
 * const part = await retry(() => store.putPart(upload, 1, bytes, { signal }), { attempts: 3, signal });
 * ```
 */
export async function retry<T>(
  attempt: (tries: number) => Promise<T>,
  options: RetryOptions & { signal?: AbortSignal | undefined } = {},
): Promise<T> {
  const { attempts = 5, maxDelay = 20_000, baseDelay, random = Math.random, onRetry, signal } = options;
  const { budget } = options;
  checkInteger("attempts", attempts, 1);
  checkDelay("maxDelay", maxDelay);
  if (baseDelay !== undefined) checkDelay("baseDelay", baseDelay);

  // What a success at once gives back to the budget; after a retry, what that has cost.
  let toGiveBack = 1;
  for (let tries = 1; ; tries++) {
    signal?.throwIfAborted();
    try {
      const result = await attempt(tries);
      budget?.giveBack(toGiveBack);
      return result;
    } catch (error) {
      signal?.throwIfAborted();
      const failure = factsOf(error);
      if (!failure.retryable || tries >= attempts) throw error;
      if (budget !== undefined) {
        const paid = budget.tryPay(failure);
        if (paid === undefined) throw error;
        toGiveBack = paid;
      }
      const base = baseDelay ?? (failure.throttled ? 500 : 100);
      const jittered = random() * Math.min(base * 2 ** (tries - 1), maxDelay);
      const delay = Math.min(Math.max(jittered, failure.retryAfter), maxDelay);
      onRetry?.({ error, attempt: tries, delay });
      await sleep(delay, signal);
    }
  }
}

// S3's words, the platform's, and the system's.
const isTimeout = (code: unknown) =>
  typeof code === "string" &&
  /^(RequestTimeout(Exception)?|TimeoutError|ETIMEDOUT|ESOCKETTIMEDOUT)$/.test(code);

const THROTTLING =
  /^(SlowDown|Throttl\w+|TooManyRequests(Exception)?|RequestLimitExceeded|RequestThrottled\w*)$/;

interface Failure {
  readonly retryable: boolean;
  readonly throttled: boolean;
  readonly timedOut: boolean;
  readonly retryAfter: number;
}

// By structure, not by class: errors of other copies of this package, and of other stores, count as well.
function factsOf(error: unknown): Failure {
  if (typeof error !== "object" || error === null) {
    return { retryable: false, throttled: false, timedOut: false, retryAfter: 0 };
  }
  const { retryable, retryAfter, code, status, cause } = error as Readonly<Record<string, unknown>>;
  return {
    retryable: retryable === true,
    timedOut: isTimeout(code) || isTimeout((cause as { code?: unknown } | undefined)?.code),
    throttled: status === 429 || (typeof code === "string" && THROTTLING.test(code)),
    retryAfter: typeof retryAfter === "number" && retryAfter > 0 ? retryAfter : 0,
  };
}

function sleep(delay: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const wake = () => {
      signal?.removeEventListener("abort", stop);
      resolve();
    };
    const timer = setTimeout(wake, delay);
    const stop = () => {
      clearTimeout(timer);
      reject(signal!.reason);
    };
    // `onRetry` may have aborted: the event is gone by now.
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}
