import { watchDeadlines } from "./deadlines.js";
import { WaitTimeoutError } from "./errors.js";
import { Groups } from "./groups.js";
import { Places, type Settle, type Ticket } from "./places.js";
import type { WaitOptions } from "./wait-options.js";

//  parked ──shift, serve──▶ served      resolves with the value
//    ├──────abort─────────▶ left        rejects with signal.reason
//    ├──────expire────────▶ left        rejects with WaitTimeoutError
//    ├──────withdraw──────▶ left        hears nothing
//    └──────dismiss───────▶ dismissed   rejects with what the owner says
//
// Each of these clears its place, so at most one of them happens to a party.

const NEVER: WaitOptions = {};

// One function for all promises: a closure for each of them would cost more than a place.
let captured: Settle<never> | undefined;
const capture = (resolve: Settle<never>): void => {
  captured = resolve;
};

/**
 * The one place in Sluice that parks a promise and wakes it: first come, first served, and leaving from
 * anywhere in the line costs the same however long it is. It decides nothing; its owner says who is served.
 */
export class WaitingLine<Value, Load = undefined> {
  readonly #places = new Places<Value, Load>();
  // One listener for each signal, however many wait on it: runtimes keep listeners in a linear list, so one for
  // each waiter would make 50,000 waits on a shutdown signal quadratic (and Node would warn of a leak).
  readonly #signals = new Groups<AbortSignal, Ticket>((signal) => {
    // All at once: whoever is served because one of them leaves must not be another of them.
    const onAbort = () => this.#leave([...this.#signals.of(signal)], "aborted", () => signal.reason);
    signal.addEventListener("abort", onAbort);
    return () => signal.removeEventListener("abort", onAbort);
  });
  readonly #deadlines: Groups<number, Ticket> = new Groups((timeout) =>
    watchDeadlines(
      timeout,
      () => this.#deadlines.of(timeout),
      (due) => this.#leave(due, "timedOut", () => new WaitTimeoutError(timeout)),
    ),
  );
  readonly #onLeave: (why: "aborted" | "timedOut") => void;

  /** `onLeave` runs after somebody left unserved: whoever stands behind may fit now. */
  constructor(onLeave: (why: "aborted" | "timedOut") => void = () => undefined) {
    this.#onLeave = onLeave;
  }

  /** How many are parked. */
  get size(): number {
    return this.#places.size;
  }

  /** The sum of their weights. */
  get weight(): number {
    return this.#places.weight;
  }

  /** Who has waited longest: the same function for as long as it is the same party. */
  get head(): Settle<Value> | undefined {
    const { settles, first, mask } = this.#places;
    return settles[first & mask];
  }

  /** What the head weighs. The line must not be empty. */
  get headWeight(): number {
    const { weights, first, mask } = this.#places;
    return weights[first & mask]!;
  }

  /** What the head brought along, such as the item that it wants to send. The line must not be empty. */
  get headLoad(): Load {
    const { loads, first, mask } = this.#places;
    return loads?.[first & mask] as Load;
  }

  /**
   * Parks the caller at the end of the line until it is served.
   *
   * - **Order:** first come, first served.
   * - **Abort:** rejects with `signal.reason`; the place is gone; the caller has checked the signal before.
   * - **Errors:** `ERR_WAIT_TIMEOUT`, or what `dismiss` says.
   */
  park(weight: number, load: Load, options: WaitOptions = NEVER): Promise<Value> {
    const promise = new Promise<Value>(capture);
    const settle = captured as Settle<Value>;
    captured = undefined; // it would keep alive what the promise resolves with
    if (options.signal === undefined && options.timeout === undefined) {
      this.#places.put(settle, weight, load, undefined);
    } else {
      this.#enter(settle, weight, load, options, undefined);
    }
    return promise;
  }

  /**
   * A place for a party that stands in other lines as well. `onTaken` runs when it is shifted, or leaves by its signal
   * or timeout, before anybody is woken: there the party withdraws from the others.
   */
  stand(
    weight: number,
    load: Load,
    settle: Settle<Value>,
    onTaken: () => void,
    options: WaitOptions = NEVER,
  ): Ticket {
    return this.#enter(settle, weight, load, options, onTaken);
  }

  /** Gives up a place from `stand` that was not taken. Nobody is told. */
  withdraw(ticket: Ticket): void {
    this.#places.clear(ticket.at & this.#places.mask);
    this.#places.closeRanks();
    this.#unwatch(ticket);
  }

  /** Takes the head out of the line, and returns what wakes it. The line must not be empty. */
  shift(): Settle<Value> {
    const places = this.#places;
    const at = places.first & places.mask;
    const settle = places.settles[at]!;
    const ticket = places.clear(at);
    places.closeRanks();
    if (ticket !== undefined) this.#forget(ticket);
    return settle;
  }

  /** Wakes the head with a value. The line must not be empty. */
  serve(value: Value | PromiseLike<Value>): void {
    // Last, because resolving reads `value.then`, and a getter there may call right back into the owner.
    this.shift()(value);
  }

  /** Sends everybody away, or all to whose weight it `applies`, each with the reason that is made for it. */
  dismiss(reason: (weight: number) => unknown, applies: (weight: number) => boolean = () => true): void {
    const { settles, weights, first, end, mask } = this.#places;
    for (let n = first; n < end; n++) {
      const weight = weights[n & mask]!;
      if (settles[n & mask] !== undefined && applies(weight)) this.#sendAway(n, reason(weight));
    }
    this.#places.closeRanks();
  }

  #leave(tickets: readonly Ticket[], why: "aborted" | "timedOut", reason: () => unknown): void {
    for (const { at } of tickets) this.#sendAway(at, reason());
    this.#places.closeRanks();
    for (const _ of tickets) this.#onLeave(why);
  }

  #sendAway(place: number, reason: unknown): void {
    const at = place & this.#places.mask;
    const settle = this.#places.settles[at]!;
    const ticket = this.#places.clear(at);
    if (ticket !== undefined) this.#forget(ticket);
    settle(Promise.reject(reason));
  }

  #enter(
    settle: Settle<Value>,
    weight: number,
    load: Load,
    { signal, timeout }: WaitOptions,
    onTaken: (() => void) | undefined,
  ): Ticket {
    const since = timeout === undefined ? 0 : performance.now();
    const ticket: Ticket = { at: 0, since, signal, timeout, onTaken };
    this.#places.put(settle, weight, load, ticket);
    if (signal !== undefined) this.#signals.add(signal, ticket);
    if (timeout !== undefined) this.#deadlines.add(timeout, ticket);
    return ticket;
  }

  #forget(ticket: Ticket): void {
    this.#unwatch(ticket);
    ticket.onTaken?.();
  }

  #unwatch(ticket: Ticket): void {
    const { signal, timeout } = ticket;
    if (signal !== undefined) this.#signals.remove(signal, ticket);
    if (timeout !== undefined) this.#deadlines.remove(timeout, ticket);
  }
}
