//  pulled ──chunk───▶ delivered, waits for the next pull
//    ├─────done─────▶ ended ───▶ released
//    └─────error────▶ failed ──▶ released
//  cancelled ──source has cancelled──▶ released
//
// The source may also end or fail between two pulls: its `closed` promise tells.

type Bytes = Uint8Array<ArrayBuffer>;
type Reader = ReadableStreamDefaultReader<unknown> | ReadableStreamBYOBReader;
type Controller = ReadableStreamDefaultController<unknown> | ReadableByteStreamController;

/** Wraps a web stream; one of bytes stays one of bytes. `release` must be safe to call more than once. */
export function releaseOnWebStreamEnd(
  source: ReadableStream<unknown>,
  release: () => void,
): ReadableStream<unknown> {
  const pump = new Pump(source, release);
  // 0: the wrapper must not read ahead of its consumer.
  const strategy = { highWaterMark: 0 };
  if (!pump.ofBytes) return new ReadableStream(pump, strategy);
  return new ReadableStream({ ...pump.asBytes() }, strategy) as ReadableStream<unknown>;
}

class Pump {
  readonly ofBytes: boolean;
  readonly #source: ReadableStream<unknown>;
  readonly #release: () => void;
  #reader!: Reader;
  #controller!: Controller;
  #byob = false;
  #pulling = false;
  #over = false;
  #sourceEnded = false;

  constructor(source: ReadableStream<unknown>, release: () => void) {
    this.#source = source;
    this.#release = release;
    this.ofBytes = isOfBytes(source);
  }

  readonly start = (controller: Controller): void => {
    this.#controller = controller;
    this.#use(false);
  };

  readonly pull = async (): Promise<void> => {
    this.#pulling = true;
    try {
      const request = this.ofBytes ? (this.#controller as ReadableByteStreamController).byobRequest : null;
      this.#use(request !== null);
      const { done, value } = request
        ? await (this.#reader as ReadableStreamBYOBReader).read(request.view as Bytes)
        : await (this.#reader as ReadableStreamDefaultReader<unknown>).read();
      if (!done) {
        if (request) request.respondWithNewView(value as Bytes);
        else this.#controller.enqueue(value as never);
      }
      if (done || this.#sourceEnded) this.#end();
      // A BYOB read that is pending when the stream closes is answered only by an empty view.
      if (done && request) request.respondWithNewView(value as Bytes);
    } catch (error) {
      this.#fail(error);
      throw error;
    } finally {
      this.#pulling = false;
    }
  };

  readonly cancel = async (reason: unknown): Promise<void> => {
    this.#over = true;
    try {
      await this.#reader.cancel(reason);
    } finally {
      this.#release();
    }
  };

  asBytes(): UnderlyingByteSource {
    return { type: "bytes", start: this.start, pull: this.pull, cancel: this.cancel };
  }

  // A byte stream has two kinds of reader; the source gets the kind that the consumer of the wrapper uses.
  #use(byob: boolean): void {
    if (this.#reader !== undefined) {
      if (this.#byob === byob) return;
      this.#reader.releaseLock();
    }
    const reader: Reader = byob ? this.#source.getReader({ mode: "byob" }) : this.#source.getReader();
    this.#reader = reader;
    this.#byob = byob;
    const current = () => this.#reader === reader;
    reader.closed.then(
      () => current() && this.#onSourceEnd(),
      (error) => current() && !this.#pulling && this.#fail(error),
    );
  }

  // `closed` may settle before the read that delivers the last chunk: then the pull in progress ends it.
  #onSourceEnd(): void {
    this.#sourceEnded = true;
    if (!this.#pulling) this.#end();
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#controller.close();
    this.#release();
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#controller.error(error);
    this.#release();
  }
}

function isOfBytes(stream: ReadableStream<unknown>): boolean {
  if (stream.locked) throw new TypeError("the stream is locked to another reader");
  try {
    stream.getReader({ mode: "byob" }).releaseLock();
    return true;
  } catch {
    return false;
  }
}
