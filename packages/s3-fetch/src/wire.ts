import type { Outgoing } from "./outgoing.js";

//  What carries requests: fetch, or in ./node Node's own HTTP client. By structure, so that another one can stand in.

export interface WireRequest {
  readonly method: string;
  /** For example `https://s3.eu-central-1.amazonaws.com`. */
  readonly origin: string;
  /** Percent-encoded path and query. It is signed as it is, so that it must be sent as it is. */
  readonly target: string;
  /** All that are to be sent, but for Host and Content-Length. */
  readonly headers: Headers;
  readonly body: Outgoing | undefined;
  /** Stops the request, and the reading of its answer. */
  readonly signal: AbortSignal;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Whether the body comes out of `open` decoded, so that it has other bytes than the object. */
  readonly decoded: boolean;
  /**
   * The body as it came over the wire, with the length that it was announced with: a byte stream that reads nothing
   * ahead, fails if it ends early, and gives its connection up when it is cancelled. Once at most.
   */
  open(reading: Reading): ReadableStream<Uint8Array>;
  /** Ends a body that nobody is going to read, in place of `open`. */
  discard(): void;
}

/** How a body that is being read can end early. */
export interface Reading {
  readonly signal?: AbortSignal | undefined;
  /** Turns what the connection failed with into what the reader sees. */
  readonly failure: (error: unknown) => Error;
}

/**
 * Sends one request, once. Resolves with the head of the answer, which may come before the body has been sent.
 *
 * - **Order:** none.
 * - **Abort:** rejects, with whatever; the connection is closed.
 * - **Errors:** whatever the network fails with; `code` in it or in its causes is taken for the errno.
 */
export type Transport = (request: WireRequest) => Promise<WireAnswer>;
