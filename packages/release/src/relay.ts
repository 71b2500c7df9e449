import type { StalledError } from "./errors.js";
import { type SourceListener, Tap } from "./tap.js";
import type { Consumer } from "./time-budget.js";

//  pulled ──chunk───▶ delivered, waits for the next pull
//    ├─────done─────▶ ended ───▶ over
//    └─────error, or a chunk that is refused────▶ failed ──▶ over
//  cancelled ──source has cancelled──▶ over
//  lost ──source told, not waited for──▶ failed ──▶ over
//
// The source may also end or fail between two pulls: it tells.

type Bytes = Uint8Array<ArrayBuffer>;
type Controller = ReadableStreamDefaultController<unknown> | ReadableByteStreamController;

/** What somebody wants of a web stream that passes through. It must not lead to the stream that comes out. */
export interface Passage {
  /** Called with each chunk before it is delivered; if it throws, the stream fails with that. */
  inspect?(chunk: unknown): void;
  /** Called once: when it has ended, or was cancelled and the source has done with it. */
  onOver(): void;
  /** Called once, in the place of `onOver`: when it has failed. */
  onFailed(error: unknown, source: Tap): void;
}

/** A web stream that passes another one on. */
export interface Relayed {
  readonly stream: ReadableStream<unknown>;
  readonly relay: Relay;
  readonly tap: Tap;
}

/** Passes a web stream on; one of bytes stays one of bytes. Throws `ERR_LOCKED`. */
export function relayWebStream(source: ReadableStream<unknown>, passage: Passage): Relayed {
  const tap = new Tap(source);
  const relay = new Relay(tap, passage);
  const { start, pull, cancel } = relay;
  const stream = new ReadableStream(
    { start, pull, cancel, type: tap.ofBytes ? "bytes" : undefined } as UnderlyingSource<unknown>,
    // 0: what is passed on must not be read ahead of its consumer.
    { highWaterMark: 0 },
  );
  return { stream, relay, tap };
}

/** What stands between a source and its consumer. */
export class Relay implements Consumer, SourceListener {
  readonly #tap: Tap;
  readonly #passage: Passage;
  #controller!: Controller;
  #asked = false;
  #pulling = false;
  #over = false;
  #sourceEnded = false;

  constructor(tap: Tap, passage: Passage) {
    this.#tap = tap;
    this.#passage = passage;
  }

  readonly start = (controller: Controller): void => {
    this.#controller = controller;
    this.#tap.open(loosely(new WeakRef(this), this.#passage, this.#tap));
  };

  readonly pull = async (): Promise<void> => {
    this.#asked = true;
    this.#pulling = true;
    try {
      const request = this.#request;
      const { done, value } = await this.#tap.read(request);
      if (this.#over) return;
      if (!done) {
        this.#passage.inspect?.(value);
        if (request) request.respondWithNewView(value as Bytes);
        else this.#controller.enqueue(value as never);
      }
      if (done) this.#end(value as Bytes | undefined);
      else if (this.#sourceEnded) this.#end();
    } catch (error) {
      this.onError(error);
    } finally {
      this.#pulling = false;
    }
  };

  readonly cancel = async (reason: unknown): Promise<void> => {
    this.#over = true;
    try {
      await this.#tap.cancel(reason);
    } finally {
      this.#passage.onOver();
    }
  };

  waits(): boolean {
    return this.#pulling;
  }

  gotOn(): boolean {
    const asked = this.#asked;
    this.#asked = false;
    return asked;
  }

  lose(why: StalledError): void {
    // It is told, and how it takes it is nothing that the consumer could act on.
    this.#tap.cancel(why).catch(() => {});
    this.onError(why);
  }

  // May come before the read that delivers the last chunk: then the pull in progress ends it.
  onEnd(): void {
    this.#sourceEnded = true;
    if (!this.#pulling) this.#end();
  }

  onError(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#controller.error(error);
    this.#passage.onFailed(error, this.#tap);
  }

  #end(empty?: Bytes): void {
    // The last chunk waits here if its reader gave up the lock before it came: then the next pull ends it.
    if (this.#over || this.#controller.desiredSize !== 0) return;
    this.#over = true;
    this.#controller.close();
    // BYOB reads that are pending when the stream closes are answered only by an empty view: one answers them all.
    const request = this.#request;
    // The source has the buffer of a read that it was asked for, and gives it back with its end.
    if (empty) request?.respondWithNewView(empty);
    else request?.respond(0);
    this.#passage.onOver();
  }

  get #request(): ReadableStreamBYOBRequest | null {
    return this.#tap.ofBytes ? (this.#controller as ReadableByteStreamController).byobRequest : null;
  }
}

/** Keeps a source that lives on from keeping the stream that nobody has any more. */
const loosely = (relay: WeakRef<Relay>, passage: Passage, tap: Tap): SourceListener => ({
  onEnd: () => (relay.deref() ?? { onEnd: () => passage.onOver() }).onEnd(),
  onError: (error) => (relay.deref() ?? { onError: () => passage.onFailed(error, tap) }).onError(error),
});
