import { type SourceListener, Tap } from "./tap.js";

//  pulled ──chunk within the limit──▶ delivered, waits for the next pull
//    ├─────done─────▶ closed
//    ├─────error────▶ failed
//    └─────chunk beyond the limit──▶ failed, and the source is left with the same error
//  cancelled ──▶ the source is cancelled with the same reason
//
// The source may also end or fail between two pulls: it tells.

/** What counts the chunks, and throws for the one that is too much. */
export interface Counting {
  count(chunk: unknown): void;
}

/** What becomes of a source whose wrapper has failed. */
type Leave = (source: Tap, error: unknown) => void;

// Silent: a source that has failed itself rejects this too, and one that fails at it must not hide the cause.
const cancelled: Leave = (source, error) => void source.cancel(error).catch(() => {});

type Bytes = Uint8Array<ArrayBuffer>;
type Controller = ReadableStreamDefaultController<unknown> | ReadableByteStreamController;

/** Wraps a web stream; one of bytes stays one of bytes. Throws `ERR_LOCKED`. */
export function limitWebStream(
  source: ReadableStream<unknown>,
  meter: Counting,
  leave: Leave = cancelled,
): ReadableStream<unknown> {
  const tap = new Tap(source);
  const { start, pull, cancel } = new Relay(tap, meter, leave);
  return new ReadableStream(
    { start, pull, cancel, type: tap.ofBytes ? "bytes" : undefined } as UnderlyingSource<unknown>,
    // 0: the wrapper must not read ahead of its consumer.
    { highWaterMark: 0 },
  );
}

class Relay implements SourceListener {
  readonly #tap: Tap;
  readonly #meter: Counting;
  readonly #leave: Leave;
  #controller!: Controller;
  #pulling = false;
  #over = false;
  #sourceEnded = false;

  constructor(tap: Tap, meter: Counting, leave: Leave) {
    this.#tap = tap;
    this.#meter = meter;
    this.#leave = leave;
  }

  readonly start = (controller: Controller): void => {
    this.#controller = controller;
    this.#tap.open(this);
  };

  readonly pull = async (): Promise<void> => {
    this.#pulling = true;
    try {
      const controller = this.#controller;
      const request = "byobRequest" in controller ? controller.byobRequest : null;
      const { done, value } = await this.#tap.read(request);
      if (this.#over) return;
      if (!done) {
        this.#meter.count(value);
        if (request) request.respondWithNewView(value as Bytes);
        else controller.enqueue(value as never);
      }
      if (done) this.#end(value as Bytes | undefined);
      else if (this.#sourceEnded) this.#end();
    } catch (error) {
      this.onError(error);
    } finally {
      this.#pulling = false;
    }
  };

  readonly cancel = (reason: unknown): Promise<void> => {
    this.#over = true;
    return this.#tap.cancel(reason);
  };

  // May come before the read that delivers the last chunk: then the pull in progress ends it.
  onEnd(): void {
    this.#sourceEnded = true;
    if (!this.#pulling) this.#end();
  }

  onError(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#controller.error(error);
    this.#leave(this.#tap, error);
  }

  #end(empty?: Bytes): void {
    if (this.#over) return;
    this.#over = true;
    const controller = this.#controller;
    controller.close();
    // BYOB reads that are pending when the stream closes are answered only by an empty view: one answers them all.
    const request = "byobRequest" in controller ? controller.byobRequest : null;
    // The source has the buffer of a read that it was asked for, and gives it back with its end.
    if (empty) request?.respondWithNewView(empty);
    else request?.respond(0);
  }
}
