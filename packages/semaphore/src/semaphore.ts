import { checkCount } from "./count.js";
import { ClosedError, InvalidValueError, OverloadedError, TooHeavyError } from "./errors.js";
import type { SemaphoreOptions } from "./options.js";
import { Permit } from "./permit.js";
import type { SemaphoreSnapshot } from "./snapshot.js";
import { checkWait, type WaitOptions } from "./wait-options.js";
import { WaitingLine } from "./waiting-line.js";

//  A request                                   The semaphore
//
//  asked ──fits, nobody waits──▶ granted       open ──close──▶ closed
//    ├────line full────────────▶ shed            grants          refuses; live permits still give back
//    ├────can never fit────────▶ refused
//    └────otherwise──▶ waiting ──fits, is head──▶ granted ──release──▶ given back
//                        └──abort, time-out, close, resize below its weight──▶ rejected
//
//  `resize` below what is held leaves the held with its holders: nothing fits until enough is back.
//  Nothing held means nobody waiting, because a waiter never weighs more than the capacity.

/**
 * A weighted semaphore: lends out no more than its capacity, first come, first served.
 *
 * @example
 * ```ts
 * const semaphore = new Semaphore(4);
 * await semaphore.use(1, () => fetchOne());
 * ```
 */
export class Semaphore {
  #capacity: number;
  readonly #name: string | undefined;
  readonly #maxWaiting: number;
  readonly #line = new WaitingLine<Permit>((_waiter, why) => {
    this.#tally[why]++;
    this.#serve();
  });
  readonly #idlers = new WaitingLine<void>();
  #held = 0;
  readonly #tally = { peakHeld: 0, granted: 0, shed: 0, timedOut: 0, aborted: 0, waitMs: 0 };
  #closed: { readonly reason: unknown } | undefined;

  constructor(capacity: number, { name, maxWaiting = Number.POSITIVE_INFINITY }: SemaphoreOptions = {}) {
    checkCount("capacity", capacity);
    if (maxWaiting !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(maxWaiting) && maxWaiting >= 0)) {
      throw new InvalidValueError("maxWaiting", maxWaiting, "a safe integer of at least 0, or Infinity");
    }
    this.#capacity = capacity;
    this.#name = name;
    this.#maxWaiting = maxWaiting;
  }

  /** How much there is to lend, as of the last `resize`. */
  get capacity(): number {
    return this.#capacity;
  }

  /** The weights of the live permits. */
  get held(): number {
    return this.#held;
  }

  /** What is left of the capacity; 0 while more is held than that, after a `resize`. */
  get available(): number {
    return Math.max(0, this.#capacity - this.#held);
  }

  /** How many requests stand in line. */
  get waiting(): number {
    return this.#line.size;
  }

  /**
   * Takes the weight now, or not at all. Fails while anyone waits, even if the weight would fit.
   *
   * Throws `ERR_TOO_HEAVY` or `ERR_INVALID_VALUE` for a weight that could never be granted, and `ERR_CLOSED`.
   */
  tryAcquire(weight = 1): Permit | undefined {
    this.#checkDoor(weight);
    return this.#fits(weight) ? this.#grant(weight) : undefined;
  }

  /**
   * Waits until the weight fits, then takes it.
   *
   * - **Order:** first come, first served; a heavy head holds back lighter ones behind it.
   * - **Abort:** rejects with `signal.reason`; nothing was taken; the place in line is gone.
   * - **Errors:** `ERR_TOO_HEAVY` at once above the capacity; `ERR_INVALID_VALUE`, `ERR_OVERLOADED`,
   *   `ERR_WAIT_TIMEOUT`, `ERR_CLOSED`.
   */
  acquire(weight = 1, options: WaitOptions = {}): Promise<Permit> {
    try {
      this.#checkDoor(weight);
      checkWait(options);
      if (this.#fits(weight)) return Promise.resolve(this.#grant(weight));
      if (this.#line.size >= this.#maxWaiting) {
        this.#tally.shed++;
        throw new OverloadedError(this.#line.size, undefined, this.#name);
      }
      return this.#line.park(weight, undefined, options);
    } catch (refusal) {
      return Promise.reject(refusal);
    }
  }

  /**
   * Runs a task with a permit, and gives the permit back when the task has settled.
   *
   * - **Order:** as `acquire`.
   * - **Abort:** ends the wait only; pass the signal to the task as well if it should stop.
   * - **Errors:** those of `acquire`, then the task's own, untouched.
   */
  async use<R>(
    weight: number,
    task: (permit: Permit) => R | PromiseLike<R>,
    options?: WaitOptions,
  ): Promise<R> {
    const permit = await this.acquire(weight, options);
    try {
      return await task(permit);
    } finally {
      permit.release();
    }
  }

  /**
   * Changes how much there is to lend, from the next grant on, and serves whoever fits now. Below what is held it
   * takes nothing away from anybody. Who waits for more than the new capacity is rejected with `ERR_TOO_HEAVY`.
   *
   * Throws `ERR_INVALID_VALUE` for what is no safe integer of at least 1.
   */
  resize(capacity: number): void {
    checkCount("capacity", capacity);
    this.#capacity = capacity;
    this.#line.dismiss(
      ({ weight }) => this.#tooHeavy(weight),
      ({ weight }) => weight > capacity,
    );
    this.#serve();
  }

  /**
   * Waits until nothing is held and nobody waits, also after `close`. It reserves nothing: when the caller hears of
   * it, somebody else may have come.
   *
   * - **Order:** all who wait for it hear of it together.
   * - **Abort:** rejects with `signal.reason`.
   * - **Errors:** `ERR_INVALID_VALUE`, `ERR_WAIT_TIMEOUT`.
   */
  async whenIdle(options: WaitOptions = {}): Promise<void> {
    checkWait(options);
    if (this.#held > 0) await this.#idlers.park(1, undefined, options);
  }

  /** Rejects who waits and who comes with `ERR_CLOSED`, the reason as its cause. Live permits still give back. */
  close(reason?: unknown): void {
    if (this.#closed) return;
    this.#closed = { reason };
    this.#line.dismiss(() => this.#closedError());
  }

  snapshot(): SemaphoreSnapshot {
    return {
      name: this.#name,
      capacity: this.#capacity,
      held: this.#held,
      waiting: this.#line.size,
      waitingWeight: this.#line.weight,
      ...this.#tally,
    };
  }

  #checkDoor(weight: number): void {
    checkCount("weight", weight);
    if (weight > this.#capacity) throw this.#tooHeavy(weight);
    if (this.#closed) throw this.#closedError();
  }

  #tooHeavy(weight: number): TooHeavyError {
    return new TooHeavyError(weight, this.#capacity, this.#name);
  }

  #closedError(): ClosedError {
    return new ClosedError(this.#closed?.reason, this.#name);
  }

  // Nobody barges: while anyone waits, nothing "fits" for a newcomer, however light.
  #fits(weight: number): boolean {
    return this.#line.size === 0 && weight <= this.available;
  }

  #grant(weight: number): Permit {
    this.#held += weight;
    if (this.#held > this.#tally.peakHeld) this.#tally.peakHeld = this.#held;
    this.#tally.granted++;
    return new Permit(weight, this.#giveBack);
  }

  readonly #giveBack = (weight: number): void => {
    this.#held -= weight;
    this.#serve();
    while (this.#held === 0 && this.#idlers.size > 0) this.#idlers.serve();
  };

  #serve(): void {
    // Stop at the first waiter that does not fit. Serving a lighter one behind it would look efficient
    // today and starve every 64 MiB part tomorrow.
    for (let head = this.#line.head; head && head.weight <= this.available; head = this.#line.head) {
      this.#tally.waitMs += performance.now() - head.since;
      this.#line.serve(this.#grant(head.weight));
    }
  }
}
