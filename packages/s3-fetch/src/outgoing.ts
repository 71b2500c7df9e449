import { type StoreBody, StoreError } from "@sluice/object-store";

/** A body on its way out. */
export interface Outgoing {
  /** Bytes, all together. */
  readonly length: number;
  /** Bytes in memory, which can be sent again; without them it is a stream, read by `next`. */
  readonly pieces?: readonly Uint8Array[] | undefined;
  /** Whoever sends it says so when every byte has been handed to the connection. */
  exhausted: boolean;
  /** Whoever sends it says how far the connection has taken it: bytes from the first on. */
  sent(upTo: number): void;
  /** The next chunk of a stream, undefined at its end. It rejects when the stream fails or has the wrong length. */
  next(): Promise<Uint8Array | undefined>;
  /** Lets go of the source. Calling it after the end does nothing. */
  stop(reason: unknown): void;
}

/** Hears how many further bytes have been taken. */
export type OnSent = ((bytes: number) => void) | undefined;

/** `onFailure` hears of a stream that failed or lied about its length, before whoever sends it does. */
export function outgoing(body: StoreBody, onFailure: (error: StoreError) => void, onSent?: OnSent): Outgoing {
  if ("stream" in body) return new StreamBody(body.stream, body.length, onFailure, onSent);
  const pieces = body instanceof Uint8Array ? [body] : body;
  const length = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
  return {
    length,
    pieces,
    exhausted: length === 0,
    sent: meter(onSent),
    next: () => Promise.resolve(undefined),
    stop() {},
  };
}

/** None is told twice, and nobody is told of nothing. */
function meter(onSent: OnSent): (upTo: number) => void {
  let told = 0;
  return (upTo) => {
    if (upTo <= told) return;
    const more = upTo - told;
    told = upTo;
    onSent?.(more);
  };
}

/** A stream with a declared length: its last bytes come out only when its end is certain. */
class StreamBody implements Outgoing {
  readonly length: number;
  exhausted = false;
  readonly sent: (upTo: number) => void;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #onFailure: (error: StoreError) => void;
  #left: number;

  constructor(
    stream: ReadableStream<Uint8Array>,
    length: number,
    onFailure: (error: StoreError) => void,
    onSent: OnSent,
  ) {
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new StoreError("InvalidArgument", `the length of a stream must be its bytes, got ${length}`);
    }
    this.#reader = stream.getReader();
    this.length = length;
    this.sent = meter(onSent);
    this.#onFailure = onFailure;
    this.#left = length;
  }

  async next(): Promise<Uint8Array | undefined> {
    const chunk = await this.#chunk();
    if (chunk === undefined) {
      if (this.#left > 0) throw this.#wrongLength(`ended after ${this.length - this.#left}`);
      return undefined;
    }
    this.#left -= chunk.byteLength;
    // The store publishes at the last declared byte. Sent before the end is known, it would publish the
    // beginning of a stream that turns out to be longer.
    if (this.#left < 0 || (this.#left === 0 && (await this.#chunk()))) throw this.#wrongLength("has more");
    return chunk;
  }

  stop(reason: unknown): void {
    // What the source says to being cancelled is of no interest to a request that is over.
    if (!this.exhausted) this.#reader.cancel(reason).catch(() => {});
  }

  /** The next one that is not empty. */
  async #chunk(): Promise<Uint8Array | undefined> {
    try {
      let step = await this.#reader.read();
      while (!step.done && step.value.byteLength === 0) step = await this.#reader.read();
      return step.value;
    } catch (cause) {
      throw this.#failure("the stream to be sent has failed", cause);
    }
  }

  #wrongLength(what: string): StoreError {
    return this.#failure(`declared ${this.length} bytes, but the stream ${what}`);
  }

  #failure(what: string, cause?: unknown): StoreError {
    const error = new StoreError("IncompleteBody", what, { retryable: false, cause });
    this.#onFailure(error);
    return error;
  }
}
