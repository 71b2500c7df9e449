import { InvalidValueError, type Permit, Semaphore, type WaitOptions } from "@sluice/semaphore";
import type { AdaptiveFacts, AdaptiveOptions, AdaptiveSnapshot, Work } from "./adaptive-options.js";
import { Latency } from "./latency.js";
import { check } from "./options.js";
import { slowsDown } from "./slows-down.js";

//  A work, begun in some window:
//
//  begun ──well────────────────▶ counts; as many as the limit raise it by one, if all of it was in use meanwhile
//    ├─────told to slow down───▶ the limit is cut, and the next window begins
//    └─────any other failure, or not heard of again───▶ nothing
//
//  Whatever was begun before the last cut says nothing: it ran, or was refused, under the limit from before.

// The initial window of TCP (RFC 6928), and of AIMDLimit in Netflix' concurrency-limits.
const START = 10;
// CUBIC's (RFC 9438) and that of the adaptive mode of the AWS SDKs. Reno halves (RFC 5681), as for TCP a cut must also
// empty the queues on the way; here what was too much was refused, and waits nowhere.
const BACKOFF = 0.7;
const RAISE = { waiting: undefined, anew: false };

/**
 * A semaphore that finds out by itself how much the other side can take: it grows by one for each round trip in which
 * all of it was in use, and shrinks by a factor when the other side says "slow down". Share one among all who talk to the
 * same server. It looks at no clock, unless `latency` is on.
 *
 * What weighs more than `min` may be refused with `ERR_TOO_HEAVY` while it waits, by a cut.
 *
 * @example
 * ```ts
 * const limit = new AdaptiveSemaphore({ max: 64 });
 * await new ReadSlots(limit).forEach(keys, (key) => store.delete(key));
 * ```
 */
export class AdaptiveSemaphore extends Semaphore {
  readonly #min: number;
  readonly #max: number;
  readonly #backoff: number;
  readonly #slowsDown: (outcome: unknown) => boolean;
  readonly #latency: Latency | undefined;
  #waitingThere: number | undefined;
  /** How many works of this window ended well since the last change, and whether nothing was free at one of them. */
  #endedWell = 0;
  #wasFull = false;
  #raises = 0;
  #cuts = 0;
  /** Its number: a cut ends one. */
  #window = 0;
  #last: AdaptiveFacts["last"];

  /** Throws `ERR_INVALID_VALUE` for options that make no sense. */
  constructor(options: AdaptiveOptions) {
    check("options", options, "an object with `max`", typeof options === "object" && options !== null);
    const { min = 1, max, backoff = BACKOFF, slowsDown: asked = slowsDown } = options;
    const { start = Math.min(Math.max(START, min), max), ...rest } = options;
    checkBound("min", min, 1, Number.MAX_SAFE_INTEGER);
    checkBound("max", max, min, Number.MAX_SAFE_INTEGER);
    checkBound("start", start, min, max);
    check("backoff", backoff, "a number above 0 and below 1", backoff > 0 && backoff < 1);
    check("slowsDown", asked, "a function", typeof asked === "function");
    super(start, rest);
    this.#min = min;
    this.#max = max;
    this.#backoff = backoff;
    this.#slowsDown = asked;
    this.#latency = options.latency && new Latency(options.latency);
  }

  /**
   * Tells of a work that is no call of one function, such as a body that is read chunk by chunk. `size` is how much work
   * it is, such as its bytes: with `latency`, works of like size are compared with one another. Left out, its time is not
   * looked at.
   */
  begin(size?: number): Work {
    const window = this.#window;
    const begun = size === undefined ? undefined : this.#latency?.now();
    this.#look();
    return {
      failed: (cause) => {
        if (this.#isSlowDown(cause)) this.#cut(window, cause);
      },
      ended: (result) => {
        if (this.#isSlowDown(result)) return this.#cut(window, result);
        if (window !== this.#window) return;
        if (begun !== undefined) this.#latency?.note(size!, begun);
        this.#count();
      },
    };
  }

  /**
   * Runs a task without a permit of its own, and lets the limit learn from how it ends: for each try of a request, within
   * a permit that is held for all of them.
   *
   * - **Order:** runs at once.
   * - **Abort:** knows of none; what the task does with a signal is its own.
   * - **Errors:** the task's own, untouched.
   */
  async observe<R>(task: () => R | PromiseLike<R>): Promise<R> {
    const work = this.begin();
    let result: R;
    try {
      result = await task();
    } catch (cause) {
      work.failed(cause);
      throw cause;
    }
    work.ended(result);
    return result;
  }

  /**
   * Runs a task with a permit, and lets the limit learn from how it ends.
   *
   * - **Order:** as `acquire`.
   * - **Abort:** ends the wait only; pass the signal to the task as well if it should stop.
   * - **Errors:** those of `acquire`, then the task's own, untouched.
   */
  override use<R>(
    weight: number,
    task: (permit: Permit) => R | PromiseLike<R>,
    options?: WaitOptions,
  ): Promise<R> {
    return super.use(weight, (permit) => this.observe(() => task(permit)), options);
  }

  /** Sets the limit by hand. Throws `ERR_INVALID_VALUE` for what is not between the floor and the ceiling. */
  override resize(capacity: number): void {
    checkBound("capacity", capacity, this.#min, this.#max);
    this.#move(capacity, "set by hand");
  }

  override snapshot(): AdaptiveSnapshot {
    return { ...super.snapshot(), ...this.facts() };
  }

  /** What the snapshot has more than that of any semaphore. */
  facts(): AdaptiveFacts {
    return {
      min: this.#min,
      max: this.#max,
      raises: this.#raises,
      cuts: this.#cuts,
      waitingThere: this.#waitingThere,
      last: this.#last,
    };
  }

  // Who never uses all of it needs no more of it, and has not shown that the other side would bear it.
  #look(): void {
    this.#wasFull ||= this.available === 0;
  }

  #count(): void {
    const { capacity } = this;
    if (capacity === this.#max && this.#latency === undefined) return;
    this.#look();
    this.#endedWell++;
    if (!this.#wasFull || this.#endedWell < capacity) return;
    const { to, waiting, anew } = this.#latency?.judge(capacity) ?? { ...RAISE, to: capacity + 1 };
    this.#waitingThere = waiting;
    if (anew) this.#window++;
    const bounded = Math.min(this.#max, Math.max(this.#min, to));
    if (bounded > capacity) this.#raises++;
    const why = waiting === undefined ? "" : `, ${waiting.toFixed(1)} of them waited there`;
    this.#move(bounded, `${this.#endedWell} works ended well, in full use${why}`);
  }

  #cut(window: number, outcome: unknown): void {
    if (window !== this.#window) return;
    this.#endedWell = 0;
    this.#latency?.forgetRound();
    const { capacity } = this;
    if (capacity === this.#min) return;
    this.#cuts++;
    this.#window++;
    // Rounded down, so by one at least: a small limit would never be cut otherwise.
    const kept = Math.floor(capacity * this.#backoff);
    this.#move(Math.max(this.#min, kept), `told to slow down: ${shown(outcome)}`);
  }

  #move(to: number, why: string): void {
    this.#endedWell = 0;
    this.#wasFull = false;
    if (to === this.capacity) return;
    this.#last = { from: this.capacity, to, why };
    super.resize(to);
  }

  #isSlowDown(outcome: unknown): boolean {
    try {
      return this.#slowsDown(outcome);
    } catch (error) {
      // It must not take the place of what the task has to say. It is the program's own bug, so it surfaces where bugs do.
      queueMicrotask(() => {
        throw error;
      });
      return false;
    }
  }
}

function checkBound(what: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new InvalidValueError(what, value, `a safe integer ${range}`);
}

// A text, and a short one: a snapshot must not keep alive what an error leads to.
const shown = (outcome: unknown): string =>
  outcome instanceof Error ? String(outcome).slice(0, 120) : "by a result";
