//  ours ──begin──▶ the client's turn ──end(bytes)──▶ ours …
//                    └──no byte for idleTimeout, or its credit is used up──▶ lost
//
//  The credit runs down while the client has its turn, and bytes fill it up again: as many milliseconds as they may take
//  at the least rate, and never above the window. So only the client's own time counts, and bursts are no sin.

export interface PaceOptions {
  /** Milliseconds without a byte. */
  readonly idleTimeout: number;
  /** Bytes a second; 0 for any. */
  readonly minBytesPerSecond: number;
  /** Milliseconds over which a client must keep that rate. */
  readonly rateWindow: number;
}

/** What a client must keep up with, or it is given up. */
export class Pace {
  readonly #options: PaceOptions;
  readonly #onLost: (why: "idle" | "slow") => void;
  #credit: number;
  #since = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: PaceOptions, onLost: (why: "idle" | "slow") => void) {
    this.#options = options;
    this.#onLost = onLost;
    this.#credit = options.minBytesPerSecond > 0 ? options.rateWindow : Number.POSITIVE_INFINITY;
  }

  /** From now on it is the client's turn. */
  begin(): void {
    const { idleTimeout } = this.#options;
    const why = this.#credit < idleTimeout ? "slow" : "idle";
    this.#since = performance.now();
    this.#timer = setTimeout(() => this.#onLost(why), Math.min(this.#credit, idleTimeout));
  }

  /** The client has sent or taken so many bytes. */
  end(bytes: number): void {
    if (this.#timer === undefined) return;
    this.stop();
    const { minBytesPerSecond, rateWindow } = this.#options;
    if (minBytesPerSecond === 0) return;
    const left = this.#credit - (performance.now() - this.#since) + (bytes / minBytesPerSecond) * 1_000;
    this.#credit = Math.min(Math.max(left, 1), rateWindow);
  }

  /** It is nobody's turn any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
