/** The store's time, as far as it is known. */
export class Clock {
  /** Milliseconds that it is ahead of this machine's. */
  offset = 0;

  /** Milliseconds since 1970. */
  now(): number {
    return Date.now() + this.offset;
  }

  /** Goes by the time that the store has told. Whether what was signed with that offset is better signed again. */
  correct(told: string | undefined, signedWith: number): boolean {
    if (!(skew(told, signedWith) > 1000)) return false;
    this.offset = Date.parse(told!) - Date.now();
    return true;
  }
}

/**
 * Milliseconds that a clock with that offset is off the time that the store has told; NaN if it has told none. What
 * counts is the offset that a request was signed with: another request may have set the clock right since.
 */
export const skew = (told: string | undefined, offset: number): number =>
  Math.abs(Date.parse(told ?? "") - (Date.now() + offset));
