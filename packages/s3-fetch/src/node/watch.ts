//  resting ──wait──▶ waiting ──rest──▶ resting
//                      │ ▲ wait: from the start
//                      └────over────▶ stalled      told once

/** Ends what waits for the other side for too long. While it is our side that is waited for, nothing is counted. */
export class Watch {
  readonly #onStall: (error: Error) => void;
  #timer: NodeJS.Timeout | undefined;
  #ms = 0;
  #waiting = false;

  constructor(onStall: (error: Error) => void) {
    this.#onStall = onStall;
  }

  /** Counts from now on. */
  wait(ms: number): void {
    this.#waiting = true;
    // A timer that has only to begin again costs next to nothing, and this is called for each slice.
    if (this.#timer !== undefined && this.#ms === ms) {
      this.#timer.refresh();
      return;
    }
    clearTimeout(this.#timer);
    this.#ms = ms;
    this.#timer = setTimeout(() => this.#over(), ms).unref();
  }

  rest(): void {
    this.#waiting = false;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = false;
  }

  #over(): void {
    this.#timer = undefined;
    if (!this.#waiting) return;
    this.#onStall(Object.assign(new Error(`nothing came for ${this.#ms} ms`), { code: "ETIMEDOUT" }));
  }
}
