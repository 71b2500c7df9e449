import { LockedError } from "./errors.js";
import type { Source } from "./leaks.js";

type Bytes = Uint8Array<ArrayBuffer>;
type Reader = ReadableStreamDefaultReader<unknown> | ReadableStreamBYOBReader;

/** What a source tells of itself, also while nobody reads. */
export interface SourceListener {
  onEnd(): void;
  onError(error: unknown): void;
}

/** The source of a web stream. It leads to the wrapper only as long as somebody else does. */
export class Tap implements Source {
  readonly ofBytes: boolean;
  readonly #source: ReadableStream<unknown>;
  #listener!: SourceListener;
  #reader!: Reader;
  #byob = false;

  /** Throws `ERR_LOCKED`. */
  constructor(source: ReadableStream<unknown>) {
    if (source.locked) throw new LockedError(source);
    this.#source = source;
    this.ofBytes = isOfBytes(source);
  }

  open(listener: SourceListener): void {
    this.#listener = listener;
    this.#use(this.#source.getReader(), false);
  }

  /** Reads one chunk, into the consumer's own buffer if there is a request for that. */
  read(request: ReadableStreamBYOBRequest | null): Promise<ReadableStreamReadResult<unknown>> {
    // A byte stream has two kinds of reader; the source gets the kind that the consumer of the wrapper uses.
    const byob = request !== null;
    if (this.#byob !== byob) {
      this.#reader.releaseLock();
      this.#use(byob ? this.#source.getReader({ mode: "byob" }) : this.#source.getReader(), byob);
    }
    return this.#reader.read(request?.view as Bytes);
  }

  cancel(reason: unknown): Promise<void> {
    return this.#reader.cancel(reason);
  }

  #use(reader: Reader, byob: boolean): void {
    this.#reader = reader;
    this.#byob = byob;
    const current = () => this.#reader === reader;
    reader.closed.then(
      () => current() && this.#listener.onEnd(),
      (error) => current() && this.#listener.onError(error),
    );
  }
}

function isOfBytes(stream: ReadableStream<unknown>): boolean {
  try {
    stream.getReader({ mode: "byob" }).releaseLock();
    return true;
  } catch {
    return false;
  }
}
