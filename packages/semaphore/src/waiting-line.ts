import { watchDeadlines } from "./deadlines.js";
import { WaitTimeoutError } from "./errors.js";
import { Groups } from "./groups.js";
import type { WaitOptions } from "./wait-options.js";

//  parked ──serve────▶ served       resolves with the value
//    ├──────abort────▶ left         rejects with signal.reason
//    ├──────expire───▶ left         rejects with WaitTimeoutError
//    └──────dismiss──▶ dismissed    rejects with what the owner says
//
// A waiter is linked in exactly while it is parked, so each of these happens at most once to it.

/** One parked party: a node of the line. */
export interface Waiter<Value, Load> {
  readonly weight: number;
  /** What the party brought along, such as the item that it wants to send. */
  readonly load: Load;
  /** When it was parked, by `performance.now()`. */
  readonly since: number;
  /** @internal */ readonly signal: AbortSignal | undefined;
  /** @internal */ readonly timeout: number | undefined;
  /** @internal */ readonly resolve: (value: Value | PromiseLike<Value>) => void;
  /** @internal */ readonly reject: (reason: unknown) => void;
  /** @internal */ before: Waiter<Value, Load> | undefined;
  /** @internal */ behind: Waiter<Value, Load> | undefined;
}

/**
 * The one place in Sluice that parks a promise and wakes it: first come, first served, and leaving from
 * anywhere in the line costs the same however long it is. It decides nothing; its owner says who is served.
 */
export class WaitingLine<Value, Load = undefined> {
  #first: Waiter<Value, Load> | undefined;
  #last: Waiter<Value, Load> | undefined;
  #size = 0;
  #weight = 0;
  // One listener for each signal, however many wait on it: runtimes keep listeners in a linear list, so one for
  // each waiter would make 50,000 waits on a shutdown signal quadratic (and Node would warn of a leak).
  readonly #signals = new Groups<AbortSignal, Waiter<Value, Load>>((signal) => {
    // All at once: whoever is served because one of them leaves must not be another of them.
    const onAbort = () => this.#leave([...this.#signals.of(signal)], "aborted", () => signal.reason);
    signal.addEventListener("abort", onAbort);
    return () => signal.removeEventListener("abort", onAbort);
  });
  readonly #deadlines: Groups<number, Waiter<Value, Load>> = new Groups((timeout) =>
    watchDeadlines(
      timeout,
      () => this.#deadlines.of(timeout),
      (due) => this.#leave(due, "timedOut", () => new WaitTimeoutError(timeout)),
    ),
  );
  readonly #onLeave: (waiter: Waiter<Value, Load>, why: "aborted" | "timedOut") => void;

  /** `onLeave` runs after somebody left unserved: whoever stands behind may fit now. */
  constructor(onLeave: (waiter: Waiter<Value, Load>, why: "aborted" | "timedOut") => void = () => undefined) {
    this.#onLeave = onLeave;
  }

  /** How many are parked. */
  get size(): number {
    return this.#size;
  }

  /** The sum of their weights. */
  get weight(): number {
    return this.#weight;
  }

  /** Who has waited longest. */
  get head(): Waiter<Value, Load> | undefined {
    return this.#first;
  }

  /**
   * Parks the caller at the end of the line until it is served.
   *
   * - **Order:** first come, first served.
   * - **Abort:** rejects with `signal.reason`; the place is gone; the caller has checked the signal before.
   * - **Errors:** `ERR_WAIT_TIMEOUT`, or what `dismiss` says.
   */
  park(weight: number, load: Load, { signal, timeout }: WaitOptions): Promise<Value> {
    return new Promise((resolve, reject) => {
      const before = this.#last;
      const since = performance.now();
      const waiter = { weight, load, since, signal, timeout, resolve, reject, before, behind: undefined };
      if (before === undefined) this.#first = waiter;
      else before.behind = waiter;
      this.#last = waiter;
      this.#size++;
      this.#weight += weight;
      if (signal !== undefined) this.#signals.add(signal, waiter);
      if (timeout !== undefined) this.#deadlines.add(timeout, waiter);
    });
  }

  /** Wakes the head with a value. The line must not be empty. */
  serve(value: Value | PromiseLike<Value>): void {
    const head = this.#first!;
    this.#unlink(head);
    // Last, because resolving reads `value.then`, and a getter there may call right back into the owner.
    head.resolve(value);
  }

  /** Sends everybody away, or all to whom `applies`, each with the reason that is made for it. */
  dismiss(
    reason: (waiter: Waiter<Value, Load>) => unknown,
    applies: (waiter: Waiter<Value, Load>) => boolean = () => true,
  ): void {
    let waiter = this.#first;
    while (waiter !== undefined) {
      const { behind }: Waiter<Value, Load> = waiter;
      if (applies(waiter)) {
        this.#unlink(waiter);
        waiter.reject(reason(waiter));
      }
      waiter = behind;
    }
  }

  #leave(waiters: readonly Waiter<Value, Load>[], why: "aborted" | "timedOut", reason: () => unknown): void {
    for (const waiter of waiters) {
      this.#unlink(waiter);
      waiter.reject(reason());
    }
    for (const waiter of waiters) this.#onLeave(waiter, why);
  }

  #unlink(waiter: Waiter<Value, Load>): void {
    if (waiter.before === undefined) this.#first = waiter.behind;
    else waiter.before.behind = waiter.behind;
    if (waiter.behind === undefined) this.#last = waiter.before;
    else waiter.behind.before = waiter.before;
    waiter.before = waiter.behind = undefined;
    this.#size--;
    this.#weight -= waiter.weight;
    if (waiter.signal !== undefined) this.#signals.remove(waiter.signal, waiter);
    if (waiter.timeout !== undefined) this.#deadlines.remove(waiter.timeout, waiter);
  }
}
