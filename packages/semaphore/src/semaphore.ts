import { checkCount, checkOptions } from "./count.js";
import { ClosedError, OverloadedError, TooHeavyError } from "./errors.js";
import { callSite, watchLeaks } from "./leaks.js";
import type { SemaphoreOptions } from "./options.js";
import { Permit } from "./permit.js";
import { run, runLater } from "./run.js";
import type { SemaphoreSnapshot } from "./snapshot.js";
import { Stock } from "./stock.js";
import { WaitClock } from "./wait-clock.js";
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
  readonly #stock: Stock;
  readonly #name: string | undefined;
  readonly #maxWaiting: number;
  readonly #lend: ReturnType<typeof watchLeaks> | undefined;
  readonly #line = new WaitingLine<Permit, string | undefined>((why) => {
    this.#tally[why]++;
    this.#settle();
  });
  readonly #idlers = new WaitingLine<void>(() => this.#settle());
  readonly #tally = { shed: 0, timedOut: 0, aborted: 0 };
  readonly #waits = new WaitClock();
  #closed: { readonly reason: unknown } | undefined;

  constructor(capacity: number, options: SemaphoreOptions = {}) {
    checkCount("capacity", capacity);
    checkOptions(options);
    const { name, maxWaiting = Number.POSITIVE_INFINITY, onLeak } = options;
    if (maxWaiting !== Number.POSITIVE_INFINITY) checkCount("maxWaiting", maxWaiting, undefined, 0);
    this.#stock = new Stock(capacity, () => this.#settle());
    this.#name = name;
    this.#maxWaiting = maxWaiting;
    this.#lend = onLeak && watchLeaks(this.#stock, onLeak, name);
  }

  /** How much there is to lend, as of the last `resize`. */
  get capacity(): number {
    return this.#stock.capacity;
  }

  /** The weights of the live permits. */
  get held(): number {
    return this.#stock.capacity - this.#stock.free;
  }

  /** What is left of the capacity; 0 while more is held than that, after a `resize`. */
  get available(): number {
    return Math.max(0, this.#stock.free);
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
    if (this.#fits(weight)) return this.#grant(weight);
    return this.#checkDoor(weight);
  }

  /**
   * Waits until the weight fits, then takes it.
   *
   * - **Order:** first come, first served; a heavy head holds back lighter ones behind it.
   * - **Abort:** rejects with `signal.reason`; nothing was taken; the place in line is gone.
   * - **Errors:** `ERR_TOO_HEAVY` at once above the capacity; `ERR_INVALID_VALUE`, `ERR_OVERLOADED`,
   *   `ERR_WAIT_TIMEOUT`, `ERR_CLOSED`.
   */
  acquire(weight = 1, options?: WaitOptions): Promise<Permit> {
    try {
      if (options !== undefined) {
        this.#checkDoor(weight);
        checkWait(options);
      }
      if (this.#fits(weight)) return Promise.resolve(this.#grant(weight));
      this.#checkDoor(weight);
      if (this.#line.size >= this.#maxWaiting) {
        this.#tally.shed++;
        throw new OverloadedError(this.#line.size, undefined, this.#name);
      }
      this.#stock.busy = true;
      this.#waits.begin();
      return this.#line.park(weight, this.#lend && callSite(), options);
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
  use<R>(weight: number, task: (permit: Permit) => R | PromiseLike<R>, options?: WaitOptions): Promise<R> {
    if (options === undefined && this.#fits(weight)) return run(task, this.#grant(weight));
    return runLater(task, this.acquire(weight, options));
  }

  /**
   * Changes how much there is to lend, from the next grant on, and serves whoever fits now. Below what is held it
   * takes nothing away from anybody. Who waits for more than the new capacity is rejected with `ERR_TOO_HEAVY`.
   *
   * Throws `ERR_INVALID_VALUE` for what is no safe integer of at least 1.
   */
  resize(capacity: number): void {
    checkCount("capacity", capacity);
    this.#stock.resize(capacity);
    this.#line.dismiss(
      (weight) => this.#tooHeavy(weight),
      (weight) => weight > capacity,
    );
    this.#settle();
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
    if (this.held === 0) return;
    this.#stock.busy = true;
    await this.#idlers.park(1, undefined, options);
  }

  /** Rejects who waits and who comes with `ERR_CLOSED`, the reason as its cause. Live permits still give back. */
  close(reason?: unknown): void {
    if (this.#closed) return;
    this.#closed = { reason };
    this.#line.dismiss(() => this.#closedError());
    this.#settle();
  }

  snapshot(): SemaphoreSnapshot {
    return {
      name: this.#name,
      capacity: this.capacity,
      held: this.held,
      peakHeld: this.#stock.peakHeld,
      waiting: this.#line.size,
      waitingWeight: this.#line.weight,
      granted: this.#stock.granted,
      ...this.#tally,
      waitMs: this.#waits.ms,
    };
  }

  // Nobody barges: while anyone waits, nothing "fits" for a newcomer. (Who waits for idleness is busy, and in no line.)
  #fits(weight: number): boolean {
    const { busy, free } = this.#stock;
    if (busy && (this.#closed !== undefined || this.#line.size > 0)) return false;
    return Number.isSafeInteger(weight) && weight >= 1 && weight <= free;
  }

  #checkDoor(weight: number): undefined {
    checkCount("weight", weight);
    if (weight > this.capacity) throw this.#tooHeavy(weight);
    if (this.#closed) throw this.#closedError();
  }

  #tooHeavy(weight: number): TooHeavyError {
    return new TooHeavyError(weight, this.capacity, this.#name);
  }

  #closedError(): ClosedError {
    return new ClosedError(this.#closed?.reason, this.#name);
  }

  #grant(weight: number, acquiredAt?: string): Permit {
    this.#stock.take(weight);
    return new Permit(weight, this.#lend ? this.#lend(weight, acquiredAt) : this.#stock);
  }

  /** Serves whoever fits now. */
  #settle(): void {
    const stock = this.#stock;
    const line = this.#line;
    // Stop at the first waiter that does not fit. Serving a lighter one behind it would look efficient
    // today and starve every 64 MiB part tomorrow.
    while (line.size > 0 && line.headWeight <= stock.free) {
      line.serve(this.#grant(line.headWeight, line.headLoad));
    }
    while (stock.free === stock.capacity && this.#idlers.size > 0) this.#idlers.serve();
    stock.busy = this.#closed !== undefined || line.size + this.#idlers.size > 0;
    this.#waits.count(line.size, stock.granted);
  }
}
