import { NotASourceError } from "./errors.js";

/**
 * Something to read items from, one at a time: arrays, generators, Node Readables, web streams. Items are handed on
 * as they are; promises in an array are not awaited.
 */
export type ItemSource<T> = AsyncIterable<T> | Iterable<T>;

/** A source that has been opened. */
export interface OpenSource<T> {
  next(): Promise<IteratorResult<T, unknown>> | IteratorResult<T, unknown>;
  /** Stops the source, even while `next()` is pending, and never waits for it. What it throws is not heard. */
  cancel(reason: unknown): void;
}

/** Throws `ERR_NOT_A_SOURCE` for what can not be read, and changes nothing. */
export function checkSource(source: unknown): void {
  const it = Object(source) as object;
  if (isWebStream(it)) {
    if (it.locked) throw new NotASourceError(source, "a ReadableStream that is locked to a reader");
  } else if (!(isCallable(it, Symbol.asyncIterator) || isCallable(it, Symbol.iterator))) {
    throw new NotASourceError(source);
  }
}

/**
 * Opens anything that can be iterated.
 *
 * An async iterator queues `return()` behind a pending `next()`, so a stalled source would never hear that it
 * was cancelled. The two kinds of stream that have a better way are cancelled by that.
 *
 * Throws `ERR_NOT_A_SOURCE`, and whatever the source throws.
 */
export function openSource<T>(source: ItemSource<T>): OpenSource<T> {
  checkSource(source);
  const it = Object(source) as ItemSource<T>;
  if (isWebStream<T>(it)) return openWebStream(it);
  const iterator = Symbol.asyncIterator in it ? it[Symbol.asyncIterator]() : it[Symbol.iterator]();
  return {
    next: () => iterator.next(),
    cancel(reason) {
      if (isNodeStream(it)) {
        // Before the first read nobody listens yet, and an error that nobody hears ends the process. Who asked
        // for the reading hears it as the cause.
        it.on("error", () => undefined);
        it.destroy(reason instanceof Error ? reason : undefined);
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

// Later, because a generator that is running cannot return. A source that fails to stop has nothing to add: what made
// it stop is the cause that surfaces.
function quietly(stop: () => unknown): void {
  Promise.resolve()
    .then(stop)
    .catch(() => undefined);
}

const isCallable = (it: object, key: PropertyKey): boolean => typeof Reflect.get(it, key) === "function";

const isWebStream = <T>(it: object): it is ReadableStream<T> => isCallable(it, "getReader");

interface NodeStream {
  destroy(error?: Error): void;
  on(event: "error", listener: () => void): void;
}

const isNodeStream = (it: object): it is NodeStream =>
  isCallable(it, "destroy") && isCallable(it, "on") && isCallable(it, "pipe");
