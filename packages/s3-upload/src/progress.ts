/** Counts the bytes of an upload. None is counted twice, however often it is sent. */
export class Progress {
  readonly #report: () => void;
  /** Bytes that the store has acknowledged. */
  loaded = 0;
  /** Parts that it has acknowledged. */
  parts = 0;
  /** Bytes that the transport has taken, as far as it tells. */
  sent = 0;
  #reported = 0;
  #failure: { readonly error: unknown } | undefined;

  /** `report` tells the listener; it may throw what the listener throws. */
  constructor(report: () => void) {
    this.#report = report;
  }

  /** For one part, or one put. */
  meter(size: number): Meter {
    let counted = 0;
    let inTry = 0;
    const upTo = (bytes: number) => {
      const more = Math.min(bytes, size) - counted;
      if (more <= 0) return;
      counted += more;
      this.sent += more;
    };
    return {
      begin: () => {
        inTry = 0;
      },
      onSent: (bytes) => {
        inTry += bytes;
        upTo(inTry);
        this.#reportSent();
      },
      arrived: () => {
        upTo(size);
        this.loaded += size;
        this.parts++;
        if (this.#failure !== undefined) throw this.#failure.error;
      },
    };
  }

  /** To be called when the listener has been told. */
  reported(): void {
    this.#reported = this.sent;
  }

  // It is called from within the transport, where nobody expects an error: that waits for the answer.
  #reportSent(): void {
    if (this.#failure !== undefined || this.sent - this.#reported < STEP) return;
    try {
      this.#report();
    } catch (error) {
      this.#failure = { error };
    }
  }
}

export interface Meter {
  /** A try begins: its bytes come from the first on. */
  begin(): void;
  /** Further bytes of this try. */
  onSent(bytes: number): void;
  /** All bytes are there. Throws what the listener has thrown meanwhile. */
  arrived(): void;
}

// Between two parts, a listener hears of every MiB.
const STEP = 2 ** 20;
