import type { Permit, Semaphore } from "@sluice/semaphore";
import { LengthMismatchError, ObjectTooLargeError } from "./errors.js";
import type { Plan } from "./plan.js";
import type { Source } from "./source.js";

//  between ──next()──▶ reading ──part full, or its end──▶ between
//     │                   ├──────nothing left, failure──▶ over
//     └──────cancel───────┴─────────────────────────────▶ over
//
//  A place is the right to hold the bytes of one part, and the memory for them: they are never apart.
//
//  reserved ──first byte──▶ filled ──part released──▶ kept for the next part, or given up

interface Place {
  readonly permit: Permit | undefined;
  buffer: Uint8Array | undefined;
}

export interface Part {
  /** From 1. */
  readonly number: number;
  /** Valid until `release`. */
  readonly bytes: Uint8Array;
  /** Whether this is the whole body. */
  readonly only: boolean;
  /** Gives the memory back, once. */
  release(): void;
}

/**
 * Cuts a source into parts, each copied into memory that the budget has granted before. It is an iterator, not a
 * generator: a generator would queue `return` behind a read that may never end.
 */
export class PartReader implements AsyncIterableIterator<Part, undefined> {
  readonly #source: Source;
  readonly #plan: Plan;
  readonly #budget: Semaphore | undefined;
  readonly #stop = new AbortController();
  readonly #taken = new Set<Place>();
  readonly #kept: Place[] = [];
  #filling: Place | undefined;
  #phase: "between" | "reading" | "over" = "between";
  #parts = 0;
  /** Bytes that came out of the source, and those of them that went into parts. */
  #received = 0;
  #consumed = 0;
  #rest: Uint8Array | undefined;

  constructor(source: Source, plan: Plan, budget: Semaphore | undefined) {
    this.#source = source;
    this.#plan = plan;
    this.#budget = budget;
  }

  /** Bytes of memory that hold parts, or are kept for the next one. */
  get held(): number {
    return [...this.#taken, ...this.#kept].reduce((sum, { buffer }) => sum + (buffer?.length ?? 0), 0);
  }

  /**
   * The next part. To be called one at a time.
   *
   * - **Order:** that of the source.
   * - **Abort:** `cancel` stops the read; the promise then rejects with its reason, or never settles.
   * - **Errors:** the source's own; those of the budget's `acquire`; `ERR_LENGTH_MISMATCH`,
   *   `ERR_OBJECT_TOO_LARGE`, `ERR_UNSUPPORTED_BODY`.
   */
  async next(): Promise<IteratorResult<Part, undefined>> {
    if (this.#phase !== "between") return OVER;
    this.#phase = "reading";
    try {
      const part = await this.#readPart();
      this.#stop.signal.throwIfAborted();
      if (part === undefined) {
        this.#phase = "over";
        this.#dropKept();
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

  /** Stops the source at once. Parts that were handed out keep their memory until they are released. */
  cancel(reason: unknown): void {
    if (this.#phase === "over") return;
    this.#phase = "over";
    this.#rest = undefined;
    this.#dropKept();
    this.#vacate(this.#filling);
    this.#stop.abort(reason);
    this.#source.cancel(reason);
  }

  /** Gives back all memory. For when nobody works on a part any more. */
  close(): void {
    this.cancel(undefined);
    for (const place of this.#taken) this.#vacate(place);
  }

  async #readPart(): Promise<Part | undefined> {
    const { length, partSize } = this.#plan;
    const size = length === undefined ? partSize : Math.min(partSize, length - this.#consumed);
    // Nothing should come any more, so there is no need of memory for it: if something does, `#more` throws.
    if (size === 0) this.#dropKept();
    if (size === 0 && !(await this.#more()) && this.#parts > 0) return undefined;
    const place = size > 0 ? await this.#takePlace(size) : undefined;
    const bytes = place ? await this.#fill(place, size) : NOTHING;
    const first = this.#parts === 0;
    // Who knows that more must come does not wait for it with the first part in hand.
    const complete = length === undefined || length === this.#consumed;
    const only = first && complete && !(await this.#more());
    this.#filling = undefined;
    if (bytes.length > 0 || first) {
      return { number: ++this.#parts, bytes, only, release: () => this.#vacate(place) };
    }
    this.#vacate(place);
    return undefined;
  }

  async #takePlace(size: number): Promise<Place> {
    let place = this.#kept.pop();
    if (place === undefined) {
      const permit = await this.#budget?.acquire(size, { signal: this.#stop.signal });
      if (this.#stop.signal.aborted) permit?.release();
      this.#stop.signal.throwIfAborted();
      place = { permit, buffer: undefined };
    }
    this.#taken.add(place);
    this.#filling = place;
    return place;
  }

  async #fill(place: Place, size: number): Promise<Uint8Array> {
    let filled = 0;
    while (filled < size && (this.#rest !== undefined || (await this.#more()))) {
      const rest = this.#rest!;
      const taken = rest.subarray(0, size - filled);
      place.buffer ??= new Uint8Array(size);
      place.buffer.set(taken, filled);
      filled += taken.length;
      this.#consumed += taken.length;
      this.#rest = taken.length < rest.length ? rest.subarray(taken.length) : undefined;
    }
    return place.buffer?.subarray(0, filled) ?? NOTHING;
  }

  /** Whether anything is left to read; if so, it is in `#rest`. */
  async #more(): Promise<boolean> {
    const { length, maxBytes, maxParts, partSize } = this.#plan;
    while (this.#rest === undefined) {
      const chunk = await this.#source.next();
      this.#stop.signal.throwIfAborted();
      this.#received += chunk?.length ?? 0;
      if (length !== undefined && (chunk ? this.#received > length : this.#received < length)) {
        throw new LengthMismatchError(length, this.#received);
      }
      if (this.#received > maxBytes) throw new ObjectTooLargeError(maxBytes, partSize, maxParts);
      if (chunk === undefined) return false;
      if (chunk.length > 0) this.#rest = chunk;
    }
    return true;
  }

  #vacate(place: Place | undefined): void {
    if (place === undefined || !this.#taken.delete(place)) return;
    if (this.#mayKeep()) this.#kept.push(place);
    else place.permit?.release();
  }

  // Memory of a shared budget is kept only from one part to the read that follows at once: a source that idles
  // must not sit on it, nor must it pass by those who wait in line.
  #mayKeep(): boolean {
    if (this.#budget === undefined) return this.#phase !== "over";
    return this.#phase === "between" && this.#kept.length === 0 && this.#budget.waiting === 0;
  }

  #dropKept(): void {
    for (const { permit } of this.#kept.splice(0)) permit?.release();
  }
}

const NOTHING = new Uint8Array(0);
const OVER: IteratorResult<never, undefined> = { done: true, value: undefined };
