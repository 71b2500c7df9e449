/** Buffers of one size, used again and again: what waits for the garbage collector is memory that nobody has counted. */
export class FramePool {
  readonly #size: number;
  readonly #most: number;
  readonly #idle: Uint8Array<ArrayBuffer>[] = [];

  /** Keeps at most so many bytes for later. */
  constructor(size: number, most: number) {
    this.#size = size;
    this.#most = Math.floor(most / size);
  }

  /** A buffer, with whatever was in it. */
  take(): Uint8Array<ArrayBuffer> {
    return this.#idle.pop() ?? new Uint8Array(this.#size);
  }

  /** From whom nobody else uses it any more. */
  giveBack(buffer: Uint8Array<ArrayBuffer>): void {
    if (this.#idle.length < this.#most) this.#idle.push(buffer);
  }
}

/** A buffer that is taken when it is first asked for. */
export class Loan {
  readonly #pool: FramePool;
  #buffer: Uint8Array<ArrayBuffer> | undefined;
  #over = false;

  constructor(pool: FramePool) {
    this.#pool = pool;
  }

  readonly room = (): Uint8Array<ArrayBuffer> => {
    if (this.#over) return new Uint8Array(0);
    this.#buffer ??= this.#pool.take();
    return this.#buffer;
  };

  end(): void {
    this.#over = true;
    if (this.#buffer !== undefined) this.#pool.giveBack(this.#buffer);
    this.#buffer = undefined;
  }
}
