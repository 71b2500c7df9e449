/** Something to read items from, one at a time. */
export type ItemSource<T> = AsyncIterable<T> | Iterable<T>;

/** A source that has been opened. */
export interface OpenSource<T> {
  next(): Promise<IteratorResult<T, unknown>> | IteratorResult<T, unknown>;
  /** Stops the source at once, even while `next()` is pending, and never waits for it. */
  cancel(reason: unknown): void;
}

/**
 * Opens anything that can be iterated.
 *
 * An async iterator queues `return()` behind a pending `next()`, so a stalled source would never hear that it
 * was cancelled. The two kinds of stream that have a better way are cancelled by that.
 */
export function openSource<T>(source: ItemSource<T>): OpenSource<T> {
  if (isWebStream<T>(source)) return openWebStream(source);
  const iterator =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  return {
    next: () => iterator.next(),
    cancel(reason) {
      if (isNodeStream(source)) {
        // Before the first read nobody listens yet, and an error that nobody hears ends the process. Who asked
        // for the reading hears it as the cause.
        source.on("error", () => undefined);
        source.destroy(reason instanceof Error ? reason : undefined);
      }
      quietly(() => iterator.return?.());
    },
  };
}

function openWebStream<T>(stream: ReadableStream<T>): OpenSource<T> {
  const reader = stream.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<T, unknown>>,
    cancel: (reason) => quietly(() => reader.cancel(reason)),
  };
}

// A source that fails to stop has nothing to add: what made it stop is the cause that surfaces.
function quietly(stop: () => unknown): void {
  Promise.resolve()
    .then(stop)
    .catch(() => undefined);
}

const isWebStream = <T>(source: object): source is ReadableStream<T> =>
  "getReader" in source && typeof source.getReader === "function";

interface NodeStream {
  destroy(error?: Error): void;
  on(event: "error", listener: () => void): void;
}

const isNodeStream = (source: object): source is NodeStream =>
  "destroy" in source && typeof source.destroy === "function" && "on" in source && "pipe" in source;
