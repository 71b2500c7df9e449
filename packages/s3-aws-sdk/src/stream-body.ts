import { StoreError } from "@sluice/object-store";
import { type NodeReadable, nodeReadable } from "./node-stream.js";
import type { Outgoing, Transport } from "./outgoing.js";
import { SLICE, sliced } from "./slices.js";

/** A stream with a declared length: can be sent once, and the last bytes only when its end is certain. */
export class StreamBody implements Outgoing {
  readonly length: number;
  exhausted = false;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #transport: Transport;
  readonly #onFailure: (error: StoreError) => void;
  readonly #onSent: (bytes: number) => void;
  #readable: NodeReadable | undefined;
  #used = false;

  constructor(
    stream: ReadableStream<Uint8Array>,
    length: number,
    transport: Transport,
    onFailure: (error: StoreError) => void,
    onSent: (bytes: number) => void,
  ) {
    this.#reader = stream.getReader();
    this.length = length;
    this.#transport = transport;
    this.#onFailure = onFailure;
    this.#onSent = onSent;
  }

  async payload(): Promise<unknown> {
    if (this.#used) {
      throw new StoreError("IncompleteBody", "a stream can be sent once, but the request went out twice");
    }
    this.#used = true;
    const slices = this.#slices();
    const next = async (): Promise<Uint8Array | undefined> => {
      const { value } = await slices.next();
      if (value === undefined) this.exhausted = true;
      else this.#onSent(value.byteLength);
      return value ?? undefined;
    };
    return this.#transport === "node" ? this.#asReadable(next) : this.#asWebStream(next);
  }

  stop(reason: unknown): void {
    this.#readable?.destroy();
    // What the source says to being cancelled is of no interest to a request that is over.
    if (!this.exhausted) this.#reader.cancel(reason).catch(() => {});
  }

  async #asReadable(next: () => Promise<Uint8Array | undefined>): Promise<NodeReadable> {
    const Readable = await nodeReadable();
    const onFailure = this.#onFailure;
    this.#readable = new Readable({
      highWaterMark: SLICE,
      read() {
        // Never destroyed with the error: who pipes a Readable does not listen for it, so it would crash.
        next().then(
          (slice) => this.push(slice ?? null),
          (error: StoreError) => onFailure(error),
        );
      },
    });
    return this.#readable;
  }

  #asWebStream(next: () => Promise<Uint8Array | undefined>): ReadableStream<Uint8Array> {
    const onFailure = this.#onFailure;
    return new ReadableStream(
      {
        async pull(controller) {
          try {
            const slice = await next();
            if (slice === undefined) controller.close();
            else controller.enqueue(slice);
          } catch (error) {
            onFailure(error as StoreError);
            throw error;
          }
        },
      },
      { highWaterMark: 0 },
    );
  }

  async *#slices(): AsyncGenerator<Uint8Array, undefined> {
    let left = this.length;
    for (;;) {
      const chunk = await this.#read();
      if (chunk === undefined) {
        if (left > 0) throw this.#wrongLength(`ended after ${this.length - left}`);
        return;
      }
      left -= chunk.byteLength;
      if (left < 0) throw this.#wrongLength("has more");
      // The store publishes at the last declared byte. Sent before the end is known, it would publish the
      // beginning of a stream that turns out to be longer.
      if (left === 0 && chunk.byteLength > 0 && (await this.#hasMore())) throw this.#wrongLength("has more");
      yield* sliced([chunk]);
    }
  }

  async #hasMore(): Promise<boolean> {
    for (;;) {
      const chunk = await this.#read();
      if (chunk === undefined) return false;
      if (chunk.byteLength > 0) return true;
    }
  }

  async #read(): Promise<Uint8Array | undefined> {
    try {
      return (await this.#reader.read()).value;
    } catch (cause) {
      throw new StoreError("IncompleteBody", "the stream to be sent has failed", { retryable: false, cause });
    }
  }

  #wrongLength(what: string): StoreError {
    return new StoreError("IncompleteBody", `declared ${this.length} bytes, but the stream ${what}`, {
      retryable: false,
    });
  }
}
