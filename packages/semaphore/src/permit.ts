import { checkCount } from "./count.js";
import { ReleasedError } from "./errors.js";
import type { Lender } from "./stock.js";

//  live ──split(n)───▶ live, n lighter, and a new live one of n
//    ├────shrink(n)──▶ live, of n; the rest is back
//    └────release────▶ released; all of it is back

/**
 * A weight on loan. Whoever holds it gives it back once: whole, or in parts.
 *
 * @example
 * ```ts
 * const permit = await semaphore.acquire();
 * try {
 *   await work();
 * } finally {
 *   permit.release();
 * }
 * ```
 */
export class Permit implements Disposable {
  #weight: number;
  #lender: Lender | undefined;

  /** @internal made by a semaphore only: an own one gives nothing back to anybody. */
  constructor(weight: number, lender: Lender) {
    this.#weight = weight;
    this.#lender = lender;
  }

  /** What `release` gives back, or gave back: what was taken, less what `split` and `shrink` took off. */
  get weight(): number {
    return this.#weight;
  }

  /** Whether the weight has been given back. */
  get released(): boolean {
    return this.#lender === undefined;
  }

  /** Gives the weight back and serves whoever fits now. Calling it again does nothing. */
  release(): void {
    const lender = this.#lender;
    this.#lender = undefined;
    lender?.takeBack(this.#weight);
  }

  /**
   * Makes a part of this permit one of its own, to be given back on its own. The parts sum to the whole; nobody
   * is served by it. The whole is no part: whoever wants to hand it on hands on the permit.
   *
   * Throws `ERR_RELEASED`, and `ERR_INVALID_VALUE` unless the part is a safe integer from 1 to less than the
   * weight; then nothing has changed.
   */
  split(weight: number): Permit {
    const lender = this.#live(weight, this.#weight - 1);
    this.#weight -= weight;
    return new Permit(weight, lender.part?.(weight) ?? lender);
  }

  /**
   * Keeps this much, gives back the rest at once and serves whoever fits now.
   *
   * Throws `ERR_RELEASED`, and `ERR_INVALID_VALUE` unless what is kept is a safe integer from 1 to the weight;
   * then nothing has changed.
   */
  shrink(weight: number): void {
    const lender = this.#live(weight, this.#weight);
    const rest = this.#weight - weight;
    this.#weight = weight;
    lender.takeBack(rest);
  }

  /** The same as `release`, for `using permit = …`. */
  [Symbol.dispose](): void {
    this.release();
  }

  #live(weight: number, most: number): Lender {
    if (!this.#lender) throw new ReleasedError();
    checkCount("weight", weight, most);
    return this.#lender;
  }
}
