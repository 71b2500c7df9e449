import type { StalledError } from "./errors.js";
import type { Hold } from "./hold.js";
import { type SourceListener, Tap } from "./tap.js";
import type { Consumer } from "./time-budget.js";

//  pulled ──chunk───▶ delivered, waits for the next pull
//    ├─────done─────▶ ended ───▶ released
//    └─────error────▶ failed ──▶ released
//  cancelled ──source has cancelled──▶ released
//  lost ──source told, not waited for──▶ released
//
// The source may also end or fail between two pulls: it tells.

type Bytes = Uint8Array<ArrayBuffer>;
type Controller = ReadableStreamDefaultController<unknown> | ReadableByteStreamController;

/** Wraps a web stream; one of bytes stays one of bytes. Throws `ERR_LOCKED`. */
export function releaseOnWebStreamEnd(source: ReadableStream<unknown>, hold: Hold): ReadableStream<unknown> {
  const tap = new Tap(source);
  const pump = new Pump(tap, hold);
  const { start, pull, cancel } = pump;
  const wrapper = new ReadableStream(
    { start, pull, cancel, type: tap.ofBytes ? "bytes" : undefined } as UnderlyingSource<unknown>,
    // 0: the wrapper must not read ahead of its consumer.
    { highWaterMark: 0 },
  );
  hold.watch(pump, pump, tap);
  return wrapper;
}

class Pump implements Consumer, SourceListener {
  readonly #tap: Tap;
  readonly #hold: Hold;
  #controller!: Controller;
  #asked = false;
  #pulling = false;
  #over = false;
  #sourceEnded = false;

  constructor(tap: Tap, hold: Hold) {
    this.#tap = tap;
    this.#hold = hold;
  }

  readonly start = (controller: Controller): void => {
    this.#controller = controller;
    this.#tap.open(loosely(new WeakRef(this), this.#hold));
  };

  readonly pull = async (): Promise<void> => {
    this.#asked = true;
    this.#pulling = true;
    try {
      const controller = this.#controller;
      const request = "byobRequest" in controller ? controller.byobRequest : null;
      const { done, value } = await this.#tap.read(request);
      if (this.#over) return;
      if (!done) {
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

  readonly cancel = async (reason: unknown): Promise<void> => {
    this.#over = true;
    try {
      await this.#tap.cancel(reason);
    } finally {
      this.#hold.release();
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
    this.#hold.release();
  }

  #end(empty?: Bytes): void {
    const controller = this.#controller;
    // The last chunk waits here if its reader gave up the lock before it came: then the next pull ends it.
    if (this.#over || controller.desiredSize !== 0) return;
    this.#over = true;
    controller.close();
    // BYOB reads that are pending when the stream closes are answered only by an empty view: one answers them all.
    const request = "byobRequest" in controller ? controller.byobRequest : null;
    // The source has the buffer of a read that it was asked for, and gives it back with its end.
    if (empty) request?.respondWithNewView(empty);
    else request?.respond(0);
    this.#hold.release();
  }
}

/** Keeps a source that lives on from keeping the wrapper that nobody has any more. */
const loosely = (pump: WeakRef<Pump>, hold: Hold): SourceListener => ({
  onEnd: () => (pump.deref() ?? { onEnd: () => hold.release() }).onEnd(),
  onError: (error) => (pump.deref() ?? { onError: () => hold.release() }).onError(error),
});
