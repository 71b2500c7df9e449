import { type Opened, open } from "../read-slots/opened.js";
import type { SourceLike } from "../read-slots/subject.js";
import type { Sin } from "./sins.js";
import type { UploadBodyLike } from "./subject.js";

/** A body, read part by part into memory of its own. */
export class Reading {
  /** Bytes that have gone into parts. */
  taken = 0;
  readonly #opened: Opened<Uint8Array>;
  readonly #length: number | undefined;
  readonly #sin: Sin | undefined;
  #received = 0;
  #rest: Uint8Array = NOTHING;
  #over = false;
  #memory: Uint8Array | undefined;
  #grain = 1;

  constructor(body: UploadBodyLike, length: number | undefined, sin: Sin | undefined) {
    this.#opened = open(sourceOf(body));
    this.#length = sin === "ignoresTheLength" ? undefined : length;
    this.#sin = sin;
  }

  /** So many bytes; fewer only at the end. */
  async take(size: number): Promise<Uint8Array> {
    const part = this.#memoryOf(size);
    this.#grain = size;
    let filled = 0;
    while (filled < size && (this.#rest.length > 0 || (await this.#more()))) {
      const piece = this.#rest.subarray(0, size - filled);
      this.#rest = this.#sin === "losesTheRest" ? NOTHING : this.#rest.subarray(piece.length);
      part.set(piece, filled);
      filled += piece.length;
      this.taken += piece.length;
      if (this.#sin === "sendsViews" && filled === size && piece.length === size) return piece;
      if (this.#sin === "sendsChunks") break;
    }
    const whole = this.#sin === "sendsPadding" && filled > 0;
    return whole
      ? part
      : this.#sin === "writesOverTheLast"
        ? part.subarray(0, filled)
        : part.slice(0, filled);
  }

  /** To be called once. */
  stop(): void {
    if (!this.#over || this.#sin === "stopsTheSourceTwice") void this.#opened.stop().catch(() => undefined);
    this.#over = true;
  }

  #memoryOf(size: number): Uint8Array {
    if (this.#sin !== "writesOverTheLast") return new Uint8Array(size);
    this.#memory ??= new Uint8Array(size);
    return this.#memory;
  }

  async #more(): Promise<boolean> {
    if (this.#over || (this.#sin === "cutsTheLong" && this.#received === this.#length)) return false;
    let step: IteratorResult<Uint8Array>;
    try {
      step = await this.#opened.next();
    } catch (cause) {
      this.#over = true;
      throw cause;
    }
    if (step.done) {
      this.#over = true;
      const grain = this.#sin === "comparesParts" ? this.#grain : 1;
      const short =
        this.#length !== undefined && Math.ceil(this.#received / grain) < Math.ceil(this.#length / grain);
      if (short && this.#sin !== "takesTheShort")
        throw new Error(`the body has only ${this.#received} bytes`);
      return false;
    }
    this.#rest = step.value;
    this.#received += step.value.length;
    if (this.#length === undefined || this.#received <= this.#length) return true;
    if (this.#sin !== "cutsTheLong") throw new Error(`the body has more than ${this.#length} bytes`);
    this.#rest = step.value.subarray(0, step.value.length - (this.#received - this.#length));
    this.#received = this.#length;
    return true;
  }
}

const NOTHING = new Uint8Array(0);

function sourceOf(body: UploadBodyLike): SourceLike<Uint8Array> {
  if (typeof body === "string") return [new TextEncoder().encode(body)];
  if (body instanceof Uint8Array) return [body];
  return body instanceof Blob ? (body.stream() as unknown as AsyncIterable<Uint8Array>) : body;
}
