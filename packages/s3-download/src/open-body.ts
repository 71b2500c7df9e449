import { type GetResult, type ObjectSource, type ObjectStore, StoreError } from "@sluice/object-store";
import { hasCode, ObjectChangedError, StalledError, UnexpectedRangeError } from "./errors.js";

/** What every request of one download has in common. */
export interface Asking {
  readonly store: ObjectStore;
  readonly source: ObjectSource;
  /** Stops all of them. */
  readonly signal: AbortSignal;
  /** Milliseconds without a byte after which a request is given up. */
  readonly idleTimeout: number | undefined;
}

/** Which version of the object the download has begun with. */
export interface Pin {
  readonly etag: string;
  readonly size: number;
}

/**
 * Asks for bytes `start` to `end`, both included; without a pin, of an object whose size is not known yet.
 *
 * The answer is refused if it begins elsewhere, ends elsewhere, or is of another version.
 */
export async function openBody(
  asking: Asking,
  asked: { readonly start: number; readonly end: number },
  pin?: Pin,
): Promise<OpenBody> {
  const { store, source, signal, idleTimeout } = asking;
  const request = new AbortController();
  const stop = () => request.abort(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  const unlink = () => signal.removeEventListener("abort", stop);
  const timer = idle(idleTimeout, (stalled) => request.abort(stalled));
  try {
    signal.throwIfAborted();
    const range = asked.end === Number.POSITIVE_INFINITY ? undefined : asked;
    const got = await store.get(source, { range, ifMatch: pin?.etag || undefined, signal: request.signal });
    const body = new OpenBody(got, idleTimeout, unlink);
    try {
      // A store that does not heed the signal may answer after all.
      request.signal.throwIfAborted();
      checkAnswer(got, asked, pin);
    } catch (error) {
      body.cancel(error);
      throw error;
    }
    return body;
  } catch (error) {
    unlink();
    throw pin && hasCode(error, "PreconditionFailed")
      ? new ObjectChangedError(pin.etag, asked.start, error)
      : error;
  } finally {
    clearTimeout(timer);
  }
}

function checkAnswer(got: GetResult, asked: { start: number; end: number }, pin: Pin | undefined): void {
  // Not every store heeds If-Match.
  if (pin && (got.etag !== pin.etag || got.size !== pin.size))
    throw new ObjectChangedError(pin.etag, asked.start);
  const end = Math.min(asked.end, got.size - 1);
  if (got.range.start !== asked.start || got.range.end !== end) {
    throw new UnexpectedRangeError(asked, `${got.range.start} to ${got.range.end} of ${got.size}`);
  }
}

/** The body of one answer, chunk by chunk. Every chunk is the reader's own, and pins no more than its length. */
export class OpenBody {
  readonly info: Omit<GetResult, "body">;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #ours: boolean;
  readonly #idleTimeout: number | undefined;
  readonly #unlink: () => void;
  #left: number;
  #stalled: StalledError | undefined;

  constructor({ body, ...info }: GetResult, idleTimeout: number | undefined, unlink: () => void) {
    this.info = info;
    this.#left = info.range.end - info.range.start + 1;
    this.#ours = isByteStream(body);
    this.#reader = body.getReader();
    this.#idleTimeout = idleTimeout;
    this.#unlink = unlink;
  }

  /** The next chunk; the last one only when it is certain that nothing follows it. */
  async read(): Promise<Uint8Array<ArrayBuffer>> {
    const chunk = await this.#step();
    if (chunk === undefined) {
      throw new StoreError("IncompleteBody", `the body ended ${this.#left} bytes too early`, {
        retryable: true,
      });
    }
    this.#left -= chunk.byteLength;
    if (this.#left <= 0) await this.#expectEnd();
    return owned(chunk, this.#ours);
  }

  cancel(reason: unknown): void {
    this.#unlink();
    this.#reader.cancel(reason).catch(() => {});
  }

  async #expectEnd(): Promise<void> {
    // All bytes are there: how the connection ends after them is no longer of interest, only whether more come.
    const more = this.#left < 0 || (await this.#step().catch(() => undefined)) !== undefined;
    this.#unlink();
    if (more) throw new UnexpectedRangeError(this.info.range, "more");
  }

  async #step(): Promise<Uint8Array | undefined> {
    const timer = idle(this.#idleTimeout, (stalled) => {
      this.#stalled = stalled;
      // Ends the read that is pending, as the stream's own rules say.
      this.cancel(stalled);
    });
    try {
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (this.#stalled) throw this.#stalled;
        if (done) return undefined;
        if (value.byteLength > 0) return value;
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

function idle(
  timeout: number | undefined,
  onStall: (stalled: StalledError) => void,
): ReturnType<typeof setTimeout> | undefined {
  return timeout === undefined ? undefined : setTimeout(() => onStall(new StalledError(timeout)), timeout);
}

// A byte stream has taken its chunks away from whoever made them. Of another's chunk, the store may still
// have need: passing it on in a byte stream would empty it under the store's feet.
function isByteStream(body: ReadableStream<Uint8Array>): boolean {
  try {
    body.getReader({ mode: "byob" }).releaseLock();
    return true;
  } catch {
    return false;
  }
}

const owned = (chunk: Uint8Array, ours: boolean): Uint8Array<ArrayBuffer> =>
  ours && chunk.byteLength === chunk.buffer.byteLength
    ? (chunk as Uint8Array<ArrayBuffer>)
    : new Uint8Array(chunk);
