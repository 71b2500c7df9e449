/**
 * A weight on loan. Whoever holds it gives it back: whole, and once.
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
  /** What was taken, and what `release` gives back. */
  readonly weight: number;
  #giveBack: ((weight: number) => void) | undefined;

  /** @internal made by a semaphore only: an own one gives nothing back to anybody. */
  constructor(weight: number, giveBack: (weight: number) => void) {
    this.weight = weight;
    this.#giveBack = giveBack;
  }

  /** Whether the weight has been given back. */
  get released(): boolean {
    return this.#giveBack === undefined;
  }

  /** Gives the weight back and serves whoever fits now. Calling it again does nothing. */
  release(): void {
    const giveBack = this.#giveBack;
    this.#giveBack = undefined;
    giveBack?.(this.weight);
  }

  /** The same as `release`, for `using permit = …`. */
  [Symbol.dispose](): void {
    this.release();
  }
}
