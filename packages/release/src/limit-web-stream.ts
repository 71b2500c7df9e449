import { LockedError } from "./limit-errors.js";

/** What counts the chunks, and throws for the one that is too much. */
export interface Counting {
  count(chunk: unknown): void;
}

/** What becomes of the source when the wrapper fails. */
type Leave = (reader: Reader, error: unknown) => void;

// Silent: a source that has failed itself rejects this too, and one that fails at it must not hide the cause.
const cancelled: Leave = (reader, error) => void reader.cancel(error).catch(() => {});

//  pulled ──chunk within the limit──▶ delivered, waits for the next pull
//    ├─────done─────▶ closed
//    ├─────error────▶ failed
//    └─────chunk beyond the limit──▶ failed, and the source is cancelled with the same error
//  cancelled ──▶ the source is cancelled with the same reason
//
// The source may also end or fail between two pulls: its `closed` promise tells.

type Bytes = Uint8Array<ArrayBuffer>;
type Reader = ReadableStreamDefaultReader<unknown> | ReadableStreamBYOBReader;
type Controller = ReadableStreamDefaultController<unknown> | ReadableByteStreamController;

/** Wraps a web stream; one of bytes stays one of bytes. */
export function limitWebStream(
  source: ReadableStream<unknown>,
  meter: Counting,
  leave: Leave = cancelled,
): ReadableStream<unknown> {
  const { start, pull, cancel, ofBytes } = new Relay(source, meter, leave);
  // 0: the wrapper must not read ahead of its consumer.
  const strategy = { highWaterMark: 0 };
  if (!ofBytes) return new ReadableStream({ start, pull, cancel }, strategy);
  return new ReadableStream({ type: "bytes", start, pull, cancel }, strategy) as ReadableStream<unknown>;
}

class Relay {
  readonly ofBytes: boolean;
  readonly #source: ReadableStream<unknown>;
  readonly #meter: Counting;
  readonly #leave: Leave;
  #reader!: Reader;
  #controller!: Controller;
  #byob = false;
  #pulling = false;
  #over = false;
  #sourceEnded = false;

  constructor(source: ReadableStream<unknown>, meter: Counting, leave: Leave) {
    this.#source = source;
    this.#meter = meter;
    this.#leave = leave;
    this.ofBytes = isOfBytes(source);
  }

  readonly start = (controller: Controller): void => {
    this.#controller = controller;
    this.#use(this.#source.getReader(), false);
  };

  readonly pull = async (): Promise<void> => {
    this.#pulling = true;
    try {
      const request = this.ofBytes ? (this.#controller as ReadableByteStreamController).byobRequest : null;
      this.#readAs(request !== null);
      const { done, value } = request
        ? await (this.#reader as ReadableStreamBYOBReader).read(request.view as Bytes)
        : await (this.#reader as ReadableStreamDefaultReader<unknown>).read();
      if (!done) {
        this.#meter.count(value);
        if (request) request.respondWithNewView(value as Bytes);
        else this.#controller.enqueue(value as never);
      }
      if (done || this.#sourceEnded) this.#end();
      // A BYOB read that is pending when the stream closes is answered only by an empty view.
      if (done && request) request.respondWithNewView(value as Bytes);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#pulling = false;
    }
  };

  readonly cancel = (reason: unknown): Promise<void> => {
    this.#over = true;
    return this.#reader.cancel(reason);
  };

  // A byte stream has two kinds of reader; the source gets the kind that the consumer of the wrapper uses.
  #readAs(byob: boolean): void {
    if (this.#byob === byob) return;
    this.#reader.releaseLock();
    this.#use(byob ? this.#source.getReader({ mode: "byob" }) : this.#source.getReader(), byob);
  }

  #use(reader: Reader, byob: boolean): void {
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
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#controller.error(error);
    this.#leave(this.#reader, error);
  }
}

function isOfBytes(stream: ReadableStream<unknown>): boolean {
  if (stream.locked) throw new LockedError(stream);
  try {
    stream.getReader({ mode: "byob" }).releaseLock();
    return true;
  } catch {
    return false;
  }
}
