import type { AbortSignalLike } from "./options.js";

/** What `done()` rejects with after an abort. The caller's own reason is its `cause`. */
export function uploadAborted(reason: unknown): Error {
  const error = new Error("Upload aborted.", reason === undefined ? undefined : { cause: reason });
  return Object.assign(error, { name: "AbortError" });
}

/** Calls back when the signal aborts, or at once if it has; returns how to stop that. */
export function whenAborted(signal: AbortSignalLike, callback: () => void): () => void {
  if (signal.aborted) {
    callback();
    return () => undefined;
  }
  if (signal.addEventListener !== undefined) {
    signal.addEventListener("abort", callback);
    return () => signal.removeEventListener?.("abort", callback);
  }
  // A polyfill that has one listener only: whoever had it before is called all the same, and has it afterwards.
  const before = signal.onabort;
  const both = function (this: unknown, event: unknown) {
    callback();
    if (typeof before === "function") before.call(this, event);
  };
  signal.onabort = both;
  return () => {
    if (signal.onabort === both) signal.onabort = before;
  };
}

/** Asks, and rejects with `signal.reason` as soon as the signal aborts, whatever the asked one does about it. */
export function unlessAborted<T>(
  signal: AbortSignal | undefined,
  ask: (options: { abortSignal: AbortSignal } | undefined) => Promise<T>,
): Promise<T> {
  // A mock may answer without a promise, or throw at once.
  const asking = async () => ask(signal && { abortSignal: signal });
  if (signal === undefined) return asking();
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    asking()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", stop));
  });
}
