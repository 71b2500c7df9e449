import { LengthMismatchError, ObjectTooLargeError } from "./errors.js";
import { sizeOf } from "./growth.js";
import { NOTHING, type Part, type PartPlace, type PartSpace, type Parts } from "./part.js";
import { warningAt } from "./parts-left.js";
import type { Plan } from "./plan.js";
import type { ReadingOptions } from "./reading-options.js";
import type { Source } from "./source.js";

//  between ──next()──▶ gathering ──window full, or the end──▶ waiting for room ──▶ filling ──part full──▶ between
//     │                    ├──────nothing left────────────────────────────────────────┤
//     └──────cancel────────┴──────cancel, failure─────────────────────────────────────┴──▶ over
//
//  A source that has nothing to say takes no room: what begins a part is gathered in a small window first. From then
//  on all that the part may need is there, so who has some room never waits for more.

/**
 * Cuts a source into parts, each copied to a place that was granted before. It is an iterator, not a generator: a
 * generator would queue `return` behind a read that may never end.
 */
export class PartReader implements Parts {
  readonly #source: Source;
  readonly #plan: Plan;
  readonly #space: PartSpace;
  readonly #onWarning: ReadingOptions["onWarning"];
  readonly #stop = new AbortController();
  #filling: PartPlace | undefined;
  #phase: "between" | "reading" | "over" = "between";
  #parts = 0;
  /** Bytes that came out of the source, and those of them that went into parts. */
  #received = 0;
  #consumed = 0;
  #rest: Uint8Array | undefined;
  #window: Uint8Array | undefined;
  #gathered = 0;

  constructor(source: Source, plan: Plan, space: PartSpace, onWarning?: ReadingOptions["onWarning"]) {
    this.#source = source;
    this.#plan = plan;
    this.#space = space;
    this.#onWarning = onWarning;
  }

  get held(): number {
    return this.#space.held;
  }

  get waits(): boolean {
    return this.#source.waits;
  }

  get received(): number {
    return this.#received;
  }

  /**
   * The next part. To be called one at a time.
   *
   * - **Order:** that of the source.
   * - **Abort:** `cancel` stops the read; the promise then rejects with its reason, or never settles.
   * - **Errors:** the source's own; those of the space; `ERR_LENGTH_MISMATCH`, `ERR_OBJECT_TOO_LARGE`,
   *   `ERR_UNSUPPORTED_BODY`.
   */
  async next(): Promise<IteratorResult<Part, undefined>> {
    if (this.#phase !== "between") return OVER;
    this.#phase = "reading";
    try {
      const part = await this.#readPart();
      this.#stop.signal.throwIfAborted();
      if (part === undefined) {
        this.#phase = "over";
        this.#space.retire();
        return OVER;
      }
      this.#phase = "between";
      return { done: false, value: part };
    } catch (cause) {
      this.cancel(cause);
      throw cause;
    }
  }

  return(): Promise<IteratorResult<Part, undefined>> {
    this.cancel(new DOMException("The upload was stopped", "AbortError"));
    return Promise.resolve(OVER);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  cancel(reason: unknown): void {
    if (this.#phase === "over") return;
    this.#phase = "over";
    this.#rest = undefined;
    this.#window = undefined;
    this.#space.retire();
    this.#filling?.release();
    this.#stop.abort(reason);
    this.#source.cancel(reason);
  }

  async close(): Promise<void> {
    this.cancel(undefined);
    await this.#space.close();
  }

  async #readPart(): Promise<Part | undefined> {
    const { length } = this.#plan;
    const first = this.#parts === 0;
    const expected = this.#nextSize();
    // Nothing should come any more, so no room is needed: if something does, `#more` throws.
    if (expected === 0) this.#space.retire();
    if (expected === 0) await this.#more();
    const size = await this.#gather(expected);
    if (size === 0 && !first) return undefined;
    const place = size > 0 ? await this.#space.take(size, this.#stop.signal) : undefined;
    this.#filling = place;
    if (place !== undefined) await this.#fill(place, size);
    // Who knows that more must come does not wait for it with the first part in hand.
    const complete = length === undefined || length === this.#consumed;
    const only = first && complete && !(await this.#more());
    const bytes = (await place?.finish()) ?? NOTHING;
    const number = ++this.#parts;
    const warning = length === undefined ? warningAt(number, this.#plan, this.#received) : undefined;
    if (warning !== undefined) this.#onWarning?.(warning);
    this.#filling = undefined;
    return { ...bytes, number, only, release: () => place?.release() };
  }

  #nextSize(): number {
    const { length, growth } = this.#plan;
    const size = sizeOf(growth, this.#parts + 1);
    return length === undefined ? size : Math.min(size, length - this.#consumed);
  }

  /** Waits for what begins the part. Returns how large the part may become: no more than that, if the source is over. */
  async #gather(size: number): Promise<number> {
    const enough = Math.min(size, this.#plan.window);
    while (this.#gathered < enough) {
      if (this.#rest === undefined && !this.#accept(await this.#source.next())) return this.#gathered;
      if (this.#rest === undefined) continue;
      const rest: Uint8Array = this.#rest;
      if (this.#gathered === 0 && rest.length >= enough) return size;
      // Copied, since a small chunk may be a view of a large slab.
      this.#window ??= new Uint8Array(this.#plan.window);
      const taken = rest.subarray(0, enough - this.#gathered);
      this.#window.set(taken, this.#gathered);
      this.#gathered += taken.length;
      this.#keepRest(rest, taken.length);
    }
    return size;
  }

  async #fill(place: PartPlace, size: number): Promise<void> {
    let filled = this.#gathered;
    this.#gathered = 0;
    if (filled > 0) await this.#put(place, this.#window!.subarray(0, filled));
    while (filled < size) {
      // Here and not in a function of its own: with small chunks, a promise more for each is a lot.
      if (this.#rest === undefined && !this.#accept(await this.#source.next())) return;
      if (this.#rest === undefined) continue;
      const rest = this.#rest;
      const taken = rest.subarray(0, size - filled);
      const written = this.#put(place, taken);
      if (written !== undefined) await written;
      filled += taken.length;
      this.#keepRest(rest, taken.length);
    }
  }

  #put(place: PartPlace, bytes: Uint8Array): Promise<void> | undefined {
    this.#consumed += bytes.length;
    return place.write(bytes)?.then(() => this.#stop.signal.throwIfAborted());
  }

  #keepRest(chunk: Uint8Array, taken: number): void {
    this.#rest = taken < chunk.length ? chunk.subarray(taken) : undefined;
  }

  /** Whether anything is left to read; if so, it is in `#rest`. */
  async #more(): Promise<boolean> {
    while (this.#rest === undefined) {
      if (!this.#accept(await this.#source.next())) return false;
    }
    return true;
  }

  /** Takes a chunk in, into `#rest` unless it is empty; returns false at the end. */
  #accept(chunk: Uint8Array | undefined): boolean {
    const { length, maxBytes } = this.#plan;
    this.#stop.signal.throwIfAborted();
    this.#received += chunk?.length ?? 0;
    if (length !== undefined && (chunk ? this.#received > length : this.#received < length)) {
      throw new LengthMismatchError(length, this.#received);
    }
    if (this.#received > maxBytes) throw this.#tooLarge();
    if (chunk !== undefined && chunk.length > 0) this.#rest = chunk;
    return chunk !== undefined;
  }

  #tooLarge(): ObjectTooLargeError {
    const { maxBytes, growth, maxParts } = this.#plan;
    return new ObjectTooLargeError(maxBytes, growth.first, maxParts, growth.largest);
  }
}

const OVER: IteratorResult<never, undefined> = { done: true, value: undefined };
