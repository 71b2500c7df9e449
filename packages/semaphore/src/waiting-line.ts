import { Deadlines } from "./deadlines.js";
import { WaitTimeoutError } from "./errors.js";
import { SharedSignals } from "./shared-signals.js";
import type { WaitOptions } from "./wait-options.js";

//  parked ──serve────▶ served       resolves with the value
//    ├──────abort────▶ left         rejects with signal.reason
//    ├──────expire───▶ left         rejects with WaitTimeoutError
//    └──────dismiss──▶ dismissed    rejects with what the owner says
//
// A waiter is linked in exactly while it is parked, so each of these happens at most once to it.

/** One parked party: a node of the line. */
export class Waiter<Value, Load> {
  readonly weight: number;
  /** What the party brought along, such as the item that it wants to send. */
  readonly load: Load;
  /** When it was parked, by `performance.now()`. */
  readonly since: number = performance.now();
  /** @internal */ signal: AbortSignal | undefined;
  /** @internal */ timeout: number | undefined;
  /** @internal */ resolve!: (value: Value | PromiseLike<Value>) => void;
  /** @internal */ reject!: (reason: unknown) => void;
  /** @internal */ before: Waiter<Value, Load> | undefined;
  /** @internal */ behind: Waiter<Value, Load> | undefined;

  constructor(weight: number, load: Load, options: WaitOptions) {
    this.weight = weight;
    this.load = load;
    this.signal = options.signal;
    this.timeout = options.timeout;
  }
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
  readonly #signals = new SharedSignals<Waiter<Value, Load>>((waiters, reason) =>
    this.#leave(waiters, "aborted", () => reason),
  );
  readonly #deadlines = new Deadlines<Waiter<Value, Load>>((waiters, timeout) =>
    this.#leave(waiters, "timed-out", () => new WaitTimeoutError(timeout)),
  );
  readonly #onLeave: (waiter: Waiter<Value, Load>, why: "aborted" | "timed-out") => void;

  /** `onLeave` runs after somebody left unserved: whoever stands behind may fit now. */
  constructor(
    onLeave: (waiter: Waiter<Value, Load>, why: "aborted" | "timed-out") => void = () => undefined,
  ) {
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
  park(weight: number, load: Load, options: WaitOptions): Promise<Value> {
    const waiter = new Waiter<Value, Load>(weight, load, options);
    const served = new Promise<Value>((resolve, reject) => {
      waiter.resolve = resolve;
      waiter.reject = reject;
    });
    waiter.before = this.#last;
    if (this.#last === undefined) this.#first = waiter;
    else this.#last.behind = waiter;
    this.#last = waiter;
    this.#size++;
    this.#weight += weight;
    this.#signals.add(waiter);
    this.#deadlines.add(waiter);
    return served;
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

  #leave(
    waiters: ReadonlySet<Waiter<Value, Load>>,
    why: "aborted" | "timed-out",
    reason: () => unknown,
  ): void {
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
    this.#signals.remove(waiter);
    this.#deadlines.remove(waiter);
  }
}
