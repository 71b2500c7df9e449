import type { Readable } from "node:stream";

/** Gives a stream of the same kind, and calls `release` once when that one has ended. */
export type Wrap<S> = (stream: S, release: () => void) => S;

export type Bytes = Uint8Array<ArrayBuffer>;

/** What the tables ask of a release on end; what a subject leaves out it does not have, or has no other way to do. */
export interface Subject {
  readonly node?: Wrap<Readable>;
  readonly web?: Wrap<ReadableStream<object>>;
  /** A byte stream, for readers of both kinds. */
  readonly bytes?: Wrap<ReadableStream<Bytes>>;
  readonly iterable?: Wrap<AsyncIterable<number>>;
  readonly response?: Wrap<Response>;
}
