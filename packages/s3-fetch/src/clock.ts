/** The store's time, as far as it is known. */
export class Clock {
  #offset = 0;

  /** Milliseconds since 1970. */
  now(): number {
    return Date.now() + this.#offset;
  }

  /** Milliseconds that this clock is off the time that the store has told; NaN if it has told none. */
  off(told: string | null | undefined): number {
    return Math.abs(Date.parse(told ?? "") - this.now());
  }

  /** Goes by the time that the store has told. Whether that has changed anything. */
  correct(told: string | null | undefined): boolean {
    if (!(this.off(told) > 1000)) return false;
    this.#offset = Date.parse(told!) - Date.now();
    return true;
  }
}
