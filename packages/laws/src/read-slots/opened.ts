import type { SourceLike } from "./subject.js";

/** A source that is being read, in the most obvious form. */
export interface Opened<T> {
  next(): Promise<IteratorResult<T>>;
  /** Stops it, even while a read is pending. What comes of that may never settle. */
  stop(): Promise<unknown>;
}

/** `onlyReturns`: it tells every source by `return()` alone, which streams do not hear while a read is pending. */
export function open<T>(source: SourceLike<T>, { onlyReturns = false } = {}): Opened<T> {
  if ("getReader" in source && !onlyReturns) {
    const reader = (source as unknown as ReadableStream<T>).getReader();
    return { next: async () => (await reader.read()) as IteratorResult<T>, stop: () => reader.cancel() };
  }
  const iterator =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  return {
    next: async () => iterator.next(),
    async stop() {
      if ("destroy" in source && !onlyReturns) (source as unknown as { destroy(): void }).destroy();
      await iterator.return?.();
    },
  };
}

/** The promise, or a rejection as soon as the signal aborts. */
export function unless<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
