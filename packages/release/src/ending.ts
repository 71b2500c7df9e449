/** A Node `Readable` or `Duplex`, known by its shape, so that this package needs no Node. */
export interface NodeReadable {
  readonly readableEnded: boolean;
  readonly readableLength: number;
  readonly readableFlowing: boolean | null;
  /** Only a `Duplex` has it. */
  readonly writableFinished?: boolean | undefined;
  readonly destroyed: boolean;
  readonly errored?: Error | null | undefined;
  once(event: string | symbol, listener: () => void): unknown;
  on(event: string, listener: (event: string | symbol) => void): unknown;
  prependListener(event: string, listener: () => void): unknown;
  removeListener(event: string | symbol, listener: () => void): unknown;
  listenerCount(event: string): number;
  destroy(error: Error): unknown;
  pipe(destination: never): unknown;
}

/** Whatever ends: the kinds of stream that can carry a permit. */
export type Ending = NodeReadable | ReadableStream<unknown> | AsyncIterable<unknown> | Response;

// By shape, not by `instanceof`: a stream may come from another realm, or from another copy of its class.

export const isResponse = (it: object): it is Response =>
  "body" in it && "headers" in it && "status" in it && "bodyUsed" in it;

export const isWebStream = (it: object): it is ReadableStream<unknown> =>
  "getReader" in it && typeof it.getReader === "function";

export const isNodeReadable = (it: object): it is NodeReadable =>
  "pipe" in it && typeof it.pipe === "function" && "readableEnded" in it && "once" in it;

export const isAsyncIterable = (it: object): it is AsyncIterable<unknown> =>
  Symbol.asyncIterator in it && typeof it[Symbol.asyncIterator] === "function";
