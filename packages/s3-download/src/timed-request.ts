import { StalledError } from "./errors.js";
import type { Asking } from "./open-body.js";

/**
 * One request without a body. It is stopped with the others, and given up as stalled when it has not been answered for
 * the idle time.
 */
export async function timedRequest<T>(
  { signal, idleTimeout }: Pick<Asking, "signal" | "idleTimeout">,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const request = new AbortController();
  const stop = () => request.abort(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  const timer =
    idleTimeout === undefined
      ? undefined
      : setTimeout(() => request.abort(new StalledError(idleTimeout)), idleTimeout);
  try {
    return await ask(request.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}
