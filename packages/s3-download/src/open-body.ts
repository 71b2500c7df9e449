import { type Chunks, chunksOf, type GetResult, StoreError } from "@sluice/object-store";
import type { Asking, Pin } from "./asking.js";
import { ObjectChangedError, RangeBeyondEndError, StalledError, UnexpectedRangeError } from "./errors.js";
import type { Wait } from "./idle-watch.js";

/** Bytes of an object, both included. */
export interface Extent {
  readonly start: number;
  readonly end: number;
}

/** How often the reader has had to wait: where it never does, more at a time would not help. */
export interface Hunger {
  readonly times: number;
}

/**
 * Asks for these bytes; without a pin, of an object whose size is not known yet.
 *
 * The answer is refused if it begins elsewhere, ends elsewhere, or is of another version. With `hunger`, the bytes are
 * taken as fast as they come, so that the time that they take tells of the store.
 */
export async function openBody(asking: Asking, asked: Extent, pin?: Pin, hunger?: Hunger): Promise<OpenBody> {
  const { watch, idleTimeout } = asking;
  const request = asking.fork();
  const work = asking.limit?.begin(hunger && asked.end - asked.start + 1);
  const before = hunger?.times ?? -1;
  const onWhole = () => {
    if ((hunger?.times ?? 0) > before) work?.ended();
  };
  const wait = watch.begin(() => {
    asking.tell({ type: "stalled", start: asked.start, idleTimeout });
    request.abort(new StalledError(idleTimeout));
  });
  const unlink = () => {
    watch.forget(wait);
    asking.join(request);
  };
  try {
    request.signal.throwIfAborted();
    wait.count();
    const range = asked.end === Number.POSITIVE_INFINITY ? undefined : asked;
    const got = await asking.get(range, request.signal, pin);
    wait.rest();
    try {
      // A store that does not heed the signal may answer after all.
      request.signal.throwIfAborted();
      const onFailure = (error: unknown) => work?.failed(error);
      return new OpenBody(got, wanted(got, asked, pin), { request, wait, unlink, onWhole, onFailure });
    } catch (error) {
      got.body.cancel(error).catch(() => {});
      throw error;
    }
  } catch (error) {
    unlink();
    work?.failed(error);
    throw error;
  }
}

interface Wanted extends Extent {
  /** The store has sent all there is, whatever was asked for. */
  readonly unranged: boolean;
}

/** Which bytes of the answer are wanted: all that there are of those that were asked for, or it is refused. */
function wanted(got: GetResult, asked: Extent, pin: Pin | undefined): Wanted {
  // Not every store heeds If-Match.
  if (pin && (got.etag !== pin.etag || got.size !== pin.size))
    throw new ObjectChangedError(pin.etag, asked.start);
  const { start, end } = got.range;
  const last = Math.min(asked.end, got.size - 1);
  if (start === asked.start && end === last) return { ...got.range, unranged: false };
  // A store that heeds no range. Later it would have to be read from its begin once more for each range.
  const whole = start === 0 && end === got.size - 1 && (pin === undefined || pin.unranged);
  if (!whole) throw new UnexpectedRangeError(asked, `${start} to ${end} of ${got.size}`);
  if (asked.start > last) throw new RangeBeyondEndError(asked.start, got.size);
  return { start: asked.start, end: pin ? last : end, unranged: true };
}

interface Held {
  readonly request: AbortController;
  readonly wait: Wait;
  readonly unlink: () => void;
  readonly onWhole: () => void;
  readonly onFailure: (error: unknown) => void;
}

/** The body of one answer, chunk by chunk. Every chunk is the reader's own, and pins no more than its length. */
export class OpenBody {
  readonly info: Omit<GetResult, "body">;
  /** Which bytes it gives. */
  readonly extent: Wanted;
  readonly #chunks: Chunks;
  readonly #held: Held;
  #skip: number;
  #left: number;
  /** Bytes of the answer that are behind those wanted. */
  #rest: number;

  constructor({ body, ...info }: GetResult, wanted: Wanted, held: Held) {
    this.info = info;
    this.extent = wanted;
    this.#skip = wanted.start - info.range.start;
    this.#left = wanted.end - wanted.start + 1;
    this.#rest = info.range.end - wanted.end;
    this.#chunks = chunksOf(body);
    this.#held = held;
    const { signal } = held.request;
    signal.addEventListener("abort", () => this.cancel(signal.reason), { once: true });
  }

  /** Only so many bytes are wanted. */
  cut(bytes: number): void {
    const less = Math.max(0, this.#left - bytes);
    this.#left -= less;
    this.#rest += less;
  }

  /** The next chunk; the last one only when it is certain that nothing follows it. */
  async read(): Promise<Uint8Array<ArrayBuffer>> {
    try {
      let chunk = await this.#step();
      while (chunk !== undefined && this.#skip > 0) {
        const rest = chunk.subarray(this.#skip);
        this.#skip -= chunk.byteLength - rest.byteLength;
        chunk = rest.byteLength > 0 ? rest : await this.#step();
      }
      if (chunk === undefined) {
        const message = `the body ended ${this.#left} bytes too early`;
        throw new StoreError("IncompleteBody", message, { retryable: true });
      }
      if (this.#rest > 0) chunk = chunk.subarray(0, this.#left);
      this.#left -= chunk.byteLength;
      if (this.#left <= 0) await this.#finish();
      // What was cut off must not stay in memory with it.
      return chunk.byteLength === chunk.buffer.byteLength ? chunk : new Uint8Array(chunk);
    } catch (error) {
      this.#held.onFailure(error);
      throw error;
    }
  }

  cancel(reason: unknown): void {
    this.#held.unlink();
    this.#chunks.cancel(reason);
  }

  async #finish(): Promise<void> {
    if (this.#rest > 0) {
      this.cancel("the rest is not wanted");
    } else {
      // All bytes are there: how the connection ends after them is no longer of interest, only whether more come.
      const more = this.#left < 0 || (await this.#step().catch(() => undefined)) !== undefined;
      this.#held.unlink();
      if (more) throw new UnexpectedRangeError(this.info.range, "more");
    }
    this.#held.onWhole();
  }

  async #step(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { wait, request } = this.#held;
    wait.count();
    try {
      const chunk = await this.#chunks.next();
      if (request.signal.aborted) throw request.signal.reason;
      return chunk;
    } finally {
      wait.rest();
    }
  }
}
