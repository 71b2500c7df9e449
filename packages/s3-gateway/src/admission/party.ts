import { type Settle, type Ticket, WaitingLine, type WaitOptions } from "@sluice/semaphore";
import type { Account, Grant } from "./grant.js";

/** One who waits in the line of its party. */
export interface Waiter {
  readonly weight: number;
  readonly settle: Settle<Grant>;
  readonly signal: AbortSignal | undefined;
  /** Of `performance.now()`. */
  readonly deadline: number | undefined;
}

/** What one identity holds and waits for. */
export class Party implements Account {
  readonly name: string;
  held = 0;
  /** Whether one of it stands in the budget's own line. */
  sent = false;
  readonly #line: WaitingLine<Grant, Waiter>;
  readonly #standing = new Map<Waiter, { readonly ticket: Ticket; readonly onGone: () => void }>();

  /** `onLeft` runs when somebody has left the line by a signal or a time-out. */
  constructor(name: string, onLeft: (party: Party) => void) {
    this.name = name;
    this.#line = new WaitingLine(() => onLeft(this));
  }

  /** How many stand in its line. */
  get waiting(): number {
    return this.#line.size;
  }

  /** What the first of them weighs. The line must not be empty. */
  get headWeight(): number {
    return this.#line.headWeight;
  }

  /** Puts somebody at the end of the line. `onGone` runs once, when that place is gone, for whatever reason. */
  stand(weight: number, settle: Settle<Grant>, options: WaitOptions, onGone: () => void): void {
    const { signal, timeout } = options;
    const deadline = timeout === undefined ? undefined : performance.now() + timeout;
    const waiter: Waiter = { weight, settle, signal, deadline };
    const gone = (): void => {
      this.#standing.delete(waiter);
      onGone();
    };
    const ticket = this.#line.stand(weight, waiter, settle, gone, options);
    this.#standing.set(waiter, { ticket, onGone });
  }

  /** Takes the first out of the line, to be settled by the caller. */
  shift(): Waiter {
    const waiter = this.#line.headLoad;
    this.#line.shift();
    return waiter;
  }

  /** Sends the last one away. The line must not be empty. */
  putOutLast(reason: unknown): void {
    const [waiter, { ticket, onGone }] = [...this.#standing].at(-1)!;
    this.#standing.delete(waiter);
    this.#line.withdraw(ticket);
    onGone();
    waiter.settle(Promise.reject(reason));
  }
}
