import { type Growth, sizeOf } from "./growth.js";
import { NOTHING, type Part, type PartBytes, type Parts } from "./part.js";
import type { MemoryPlace, PartMemory } from "./part-memory.js";

/** Bytes that can be read at any place, several reads at a time: each part is read straight into its own memory. */
export interface RandomAccessBody {
  /** Bytes of the whole. */
  readonly size: number;
  /**
   * Fills all of `into` with the bytes from `position` on.
   *
   * - **Order:** none; it is called again while other reads are in progress.
   * - **Abort:** may reject with `signal.reason`; settles when nothing is being written to `into` any more.
   * - **Errors:** its own; the upload fails with them.
   */
  readInto(into: Uint8Array, position: number, signal: AbortSignal): Promise<void>;
  /**
   * Called when a part has been read, before it is sent.
   *
   * - **Order:** none.
   * - **Abort:** none.
   * - **Errors:** its own: the bytes are not what they were when the upload began.
   */
  verify?(): Promise<void>;
}

export const isRandomAccess = (body: unknown): body is RandomAccessBody =>
  typeof body === "object" &&
  body !== null &&
  "readInto" in body &&
  typeof body.readInto === "function" &&
  "size" in body &&
  typeof body.size === "number";

// Between two of them the event loop turns, and what is digested is still in the processor's cache.
const SLICE = 2 ** 18;

//  between ──next()──▶ waiting for memory ──granted──▶ between, or over after the last part
//     └─────cancel──────────────┴────────────────────▶ over

/** Hands out the sections of a body, each with memory that is granted; who sends a part lets it read itself first. */
export class SectionReader implements Parts {
  readonly #body: RandomAccessBody;
  readonly #growth: Growth;
  readonly #memory: PartMemory;
  readonly #stop = new AbortController();
  #parts = 0;
  /** Bytes of all parts so far. */
  #handedOut = 0;
  #over = false;
  #reads = 0;
  #received = 0;

  constructor(body: RandomAccessBody, growth: Growth, memory: PartMemory) {
    this.#body = body;
    this.#growth = growth;
    this.#memory = memory;
  }

  get held(): number {
    return this.#memory.held;
  }

  get waits(): boolean {
    return this.#reads > 0 && !this.#stop.signal.aborted;
  }

  get received(): number {
    return this.#received;
  }

  /**
   * The next part. To be called one at a time.
   *
   * - **Order:** that of the body.
   * - **Abort:** `cancel` makes it reject with its reason.
   * - **Errors:** those of the budget's `acquire`.
   */
  async next(): Promise<IteratorResult<Part, undefined>> {
    if (this.#over) return OVER;
    const start = this.#handedOut;
    const left = this.#body.size - start;
    const size = Math.min(sizeOf(this.#growth, this.#parts + 1), left);
    const place = size > 0 ? await this.#memory.take(size, this.#stop.signal) : undefined;
    const number = ++this.#parts;
    this.#handedOut += size;
    if (left <= size) this.#end();
    const only = number === 1 && left <= size;
    return { done: false, value: this.#partAt(start, size, place, { number, only }) };
  }

  return(): Promise<IteratorResult<Part, undefined>> {
    this.cancel(new DOMException("The upload was stopped", "AbortError"));
    return Promise.resolve(OVER);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  cancel(reason: unknown): void {
    this.#end();
    this.#stop.abort(reason);
  }

  async close(): Promise<void> {
    this.cancel(undefined);
    await this.#memory.close();
  }

  #end(): void {
    this.#over = true;
    this.#memory.retire();
  }

  #partAt(
    start: number,
    size: number,
    place: MemoryPlace | undefined,
    facts: Pick<Part, "number" | "only">,
  ): Part {
    let bytes: PartBytes = NOTHING;
    return {
      ...facts,
      size,
      load: async (signal) => {
        this.#reads++;
        try {
          for (let at = 0; place !== undefined && at < size; ) {
            signal.throwIfAborted();
            const room = place.room(SLICE);
            await this.#body.readInto(room, start + at, signal);
            place.filled(room.length);
            this.#received += room.length;
            at += room.length;
          }
          await this.#body.verify?.();
          if (place !== undefined) bytes = place.finish();
        } finally {
          this.#reads--;
        }
      },
      body: () => bytes.body(),
      digest: (algorithm) => bytes.digest(algorithm),
      release: () => place?.release(),
    };
  }
}

const OVER: IteratorResult<never, undefined> = { done: true, value: undefined };
