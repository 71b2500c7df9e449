import { Asking, Recall } from "./asking.js";
import { checkCount } from "./check-count.js";
import type { Receiver } from "./halves.js";
import { Outlet } from "./outlet.js";

export interface BroadcastOptions {
  /**
   * How many items the quickest branch may be ahead of the slowest: a safe integer of at least 0. That many are kept
   * for the slower ones, for all branches together. With 0 an item comes when all branches wait for one. Default: 1.
   */
  lag?: number | undefined;
}

/**
 * Several receivers of the same items, each of which gets every item in order. The slowest holds the source back, once
 * it is `lag` items behind; a branch that is cancelled does so no more. An item leaves the source only when a branch
 * receives it. The branches share the items: what one does to an object, the others see.
 *
 * The end and a failure come to each branch after its last item, once some branch has asked for more. When all branches
 * are cancelled the source is, with the reason of the last.
 */
export function broadcast<T>(
  receiver: Receiver<T>,
  branches: number,
  { lag = 1 }: BroadcastOptions = {},
): Receiver<T>[] {
  checkCount("branches", branches, 1);
  checkCount("lag", lag, 0);
  return new Broadcast(receiver, branches, lag).outlets();
}

interface Branch<T> {
  readonly outlet: Outlet<T>;
  /** The number of the item that it gets next. */
  next: number;
}

//  Between any two operations:
//  - whoever waits at a branch waits for an item that has not left the source;
//  - the source is asked if and only if somebody waits and no branch would then be more than `lag` items behind;
//  - what is kept is what some branch has still to get, so at most `lag` items.

class Broadcast<T> {
  readonly #lag: number;
  readonly #recall = new Recall();
  readonly #source: Asking<T>;
  readonly #branches = new Set<Branch<T>>();
  readonly #kept = new Map<number, T>();
  /** The number of the first item that is kept, and of the next that leaves the source. */
  #oldest = 0;
  #newest = 0;
  #over: { failed: boolean; reason: unknown } | undefined;
  #settling = false;
  #again = false;

  constructor(receiver: Receiver<T>, branches: number, lag: number) {
    this.#lag = lag;
    this.#source = new Asking(
      receiver,
      this.#recall,
      (item) => this.#spread(item),
      (failure) => {
        this.#over = { failed: failure !== undefined, reason: failure?.reason };
        this.#settle();
      },
    );
    for (let n = 0; n < branches; n++) this.#branches.add(this.#branch());
  }

  outlets(): Outlet<T>[] {
    return [...this.#branches].map(({ outlet }) => outlet);
  }

  #branch(): Branch<T> {
    const branch: Branch<T> = {
      outlet: new Outlet<T>({
        take: () => this.#take(branch),
        settle: () => this.#settle(),
        leave: (reason) => this.#leave(branch, reason),
      }),
      next: 0,
    };
    return branch;
  }

  #take(branch: Branch<T>): { value: T } | undefined {
    if (branch.next === this.#newest) {
      if (!this.#mayAsk(branch)) return undefined;
      const got = this.#source.tryReceive();
      if (!got) return undefined;
      this.#keep(got.value);
    }
    const value = this.#kept.get(branch.next) as T;
    branch.next++;
    this.#forget();
    // Later, because whoever is served may call right back, and this item is still in our hands.
    if (this.outlets().some(({ waiting }) => waiting > 0)) queueMicrotask(() => this.#settle());
    return { value };
  }

  #leave(branch: Branch<T>, reason: unknown): void {
    this.#branches.delete(branch);
    if (this.#branches.size > 0) this.#settle();
    else {
      this.#kept.clear();
      this.#source.cancel(reason);
    }
  }

  #spread(item: T): void {
    this.#keep(item);
    this.#settle();
  }

  #keep(item: T): void {
    this.#kept.set(this.#newest++, item);
  }

  /** Gives everybody what there is for them, forgets what all have, and asks for more if somebody may have it. */
  #settle(): void {
    this.#again = true;
    if (this.#settling) return; // the loop below goes round again
    this.#settling = true;
    while (this.#again) {
      this.#again = false;
      for (const branch of this.#branches) this.#serve(branch);
      this.#forget();
      if (this.#over || !this.#mayAsk()) this.#recall.all();
      else this.#source.ask();
    }
    this.#settling = false;
  }

  #serve(branch: Branch<T>): void {
    const { outlet } = branch;
    while (outlet.waiting > 0 && branch.next < this.#newest) {
      outlet.serve(this.#kept.get(branch.next++) as T);
    }
    if (this.#over && branch.next === this.#newest) outlet.finish(this.#over);
  }

  #forget(): void {
    const oldest = Math.min(this.#newest, ...[...this.#branches].map(({ next }) => next));
    while (this.#oldest < oldest) this.#kept.delete(this.#oldest++);
  }

  /** Whether somebody waits, or it is for a taker alone, and the next item would leave no branch too far behind. */
  #mayAsk(taker?: Branch<T>): boolean {
    let wanted = false;
    for (const branch of this.#branches) {
      const wants = taker ? branch === taker : branch.outlet.waiting > 0;
      wanted ||= wants;
      if (this.#newest + 1 - branch.next - (wants ? 1 : 0) > this.#lag) return false;
    }
    return wanted;
  }
}
