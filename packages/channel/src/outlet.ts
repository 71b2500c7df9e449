import { ClosedError, checkWait, WaitingLine, type WaitOptions } from "@sluice/semaphore";
import { checkCount } from "./check-count.js";
import type { Receiver } from "./halves.js";
import { hand } from "./hand.js";
import { DONE, iterate } from "./iterate.js";

/** What stands behind an outlet and has, or can get, its items. */
export interface Supply<T> {
  /** The next item, if there is one now. Not asked while somebody waits. */
  take(): { value: T } | undefined;
  /** How many wait has changed. It serves whom it can. */
  settle(): void;
  /** The receivers left, and have been told. */
  leave(reason: unknown): void;
}

/** Why nothing more will come. */
interface Over {
  readonly failed: boolean;
  readonly reason: unknown;
}

/** The form in which a receiver wants what it gets: what it is answered for an item, and at the end. */
interface Form<T> {
  readonly of: (item: T) => unknown;
  readonly end: (over: Over) => unknown;
  /** Gets the item itself. */
  readonly take?: (item: T) => void;
}

const BARE: Form<unknown> = {
  of: (item) => item,
  end: ({ reason }) => Promise.reject(new ClosedError(reason)),
};
const STEP: Form<unknown> = { of: (value) => ({ done: false, value }), end: () => DONE };
const MANY: Form<unknown> = { of: (item) => [item], end: () => [] };
const into = <T>(take: (item: T) => void): Form<T> => ({ of: () => true, end: () => false, take });

//  open ──finish──▶ over
//
// Somebody waits only while it is open and its supply has nothing to give: the supply sees to that in `settle`.

/** A receiver of what a supply has. It holds no item: each goes from the supply to whoever waits in one step. */
export class Outlet<T> implements Receiver<T> {
  readonly #supply: Supply<T>;
  readonly #line = new WaitingLine<unknown, Form<T>>(() => this.#supply.settle());
  #over: Over | undefined;

  constructor(supply: Supply<T>) {
    this.#supply = supply;
  }

  get waiting(): number {
    return this.#line.size;
  }

  /** Answers whoever has waited longest. Somebody must wait. */
  serve(item: T): void {
    const { of, take } = this.#line.headLoad;
    this.#line.serve(of(item));
    if (take) hand(take, item); // last: it may call right back
  }

  finish(over: Over): void {
    if (this.#over) return;
    this.#over = over;
    while (this.#line.size > 0) this.#line.serve(this.#atEnd(this.#line.headLoad));
  }

  tryReceive(): { value: T } | undefined {
    return this.#over || this.#line.size > 0 ? undefined : this.#supply.take();
  }

  receive(options: WaitOptions = {}): Promise<T> {
    return this.#next(BARE, options) as Promise<T>;
  }

  async receiveMany(max: number, options: WaitOptions = {}): Promise<T[]> {
    checkCount("max", max, 1);
    const items = (await this.#next(MANY, options)) as T[];
    // What has come since then comes along; at the end there is nothing.
    return max > 1 ? items.concat(this.drain(max - 1)) : items;
  }

  drain(max: number = Number.MAX_SAFE_INTEGER): T[] {
    checkCount("max", max, 1);
    const items: T[] = [];
    for (let got = this.tryReceive(); got; got = items.length < max ? this.tryReceive() : undefined) {
      items.push(got.value);
    }
    return items;
  }

  receiveInto(take: (item: T) => void, options: WaitOptions = {}): Promise<boolean> {
    return this.#next(into(take), options) as Promise<boolean>;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return iterate(() => this.#next(STEP, {}) as Promise<IteratorResult<T>>);
  }

  consume(): AsyncIterableIterator<T> {
    return iterate(
      () => this.#next(STEP, {}) as Promise<IteratorResult<T>>,
      () => this.cancel(),
    );
  }

  cancel(reason?: unknown): void {
    if (this.#over) return;
    this.finish({ failed: false, reason });
    this.#supply.leave(reason);
  }

  async #next(form: Form<T>, options: WaitOptions): Promise<unknown> {
    checkWait(options);
    if (this.#over) return this.#atEnd(form);
    const answer = this.#line.park(1, form, options);
    this.#supply.settle();
    return answer;
  }

  #atEnd(form: Form<T>): unknown {
    return this.#over!.failed ? Promise.reject(this.#over!.reason) : form.end(this.#over!);
  }
}
