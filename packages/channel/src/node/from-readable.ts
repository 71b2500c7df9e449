import { finished, type Readable } from "node:stream";
import type { PourOptions, Sender } from "@sluice/channel";
import { pour, type Source } from "../pour.js";

/**
 * Sends what the stream has, and then closes the channel. It reads a chunk when the channel has room for one of weight
 * 1, whatever `whenFull` says; a chunk that is heavier then waits for the rest of its room, and no other is read.
 *
 * When the stream fails, or closes before its end (`ERR_STREAM_PREMATURE_CLOSE`), the channel fails with that very
 * error. When nobody receives any more, or the channel is closed by others, the stream is destroyed at once with
 * the reason. Whoever leaves the promise alone misses nothing that the receivers do not hear.
 *
 * - **Order:** that of the stream; in line with other senders.
 * - **Abort:** rejects with `signal.reason`; the stream was destroyed and the channel failed with it.
 * - **Errors:** the stream's own; `ERR_CLOSED` if the channel did not take all; whatever else a send rejects with. The
 *   channel has failed with it, and the stream was destroyed for it.
 */
export function fromReadable<T>(
  readable: Readable,
  channel: Sender<T>,
  options: PourOptions = {},
): Promise<void> {
  return pour(() => new ReadableSource<T>(readable), channel, options);
}

class ReadableSource<T> implements Source<T> {
  readonly over: Promise<unknown>;
  readonly #readable: Readable;
  #listening = false;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => undefined;

  constructor(readable: Readable) {
    this.#readable = readable;
    this.over = new Promise<void>((resolve) => {
      // It goes on listening for errors: a stream that is destroyed with one throws it if nobody does.
      finished(readable, { writable: false }, (error) => {
        if (error) this.#failure ??= { error };
        this.#end();
        resolve();
      });
    });
  }

  async next(): Promise<{ done: boolean; value?: T }> {
    for (;;) {
      const chunk = this.#ended ? null : this.#readable.read();
      // Listening asks for a chunk, so a stream that keeps none is listened to only where it has to be waited for.
      if (chunk === null || this.#readable.readableHighWaterMark > 0) this.#listen();
      if (chunk !== null) return { done: false, value: chunk as T };
      if (this.#failure) throw this.#failure.error;
      if (this.#ended) return { done: true };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  stop(reason: unknown): void {
    this.#end(); // before the stream is: one may take its time to close
    this.#readable.destroy((reason ?? undefined) as Error | undefined);
  }

  leave(): void {
    this.#readable.off("readable", this.#onReadable);
  }

  #listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    this.#readable.on("readable", this.#onReadable);
  }

  #end(): void {
    this.#ended = true;
    this.#wake();
  }

  readonly #onReadable = (): void => {
    // It is readable and empty, so it has ended; it says so only to somebody who reads, and there may be no room yet.
    if (this.#readable.readableLength === 0) this.#readable.read(0);
    this.#wake();
  };
}
