const DONE = Promise.resolve();

// One function for all promises spares a closure for each. It runs within `new Promise`, so nobody comes between.
let resolver: () => void;
const keepResolver = (resolve: () => void): void => {
  resolver = resolve;
};

interface Waiter {
  readonly weight: number;
  readonly resolve: (value?: PromiseLike<never>) => void;
  before: Waiter | undefined;
  behind: Waiter | undefined;
  group: Group | undefined;
  nextOnSignal: Waiter | undefined;
  priorOnSignal: Waiter | undefined;
}

/**
 * A floor: a weighted line of waiters that can be left from anywhere, with one listener for each signal. No permits,
 * no checks, no errors.
 */
export class FloorSemaphore {
  free: number;
  readonly groups = new Map<AbortSignal, Group>();
  #first: Waiter | undefined;
  #last: Waiter | undefined;

  constructor(permits: number) {
    this.free = permits;
  }

  tryAcquire(weight = 1): boolean {
    if (this.#first !== undefined || this.free < weight) return false;
    this.free -= weight;
    return true;
  }

  acquire(weight = 1, signal?: AbortSignal): Promise<void> {
    return this.tryAcquire(weight) ? DONE : this.#park(weight, signal);
  }

  release(weight = 1): void {
    this.free += weight;
    if (this.#first !== undefined) this.serve();
  }

  serve(): void {
    for (let head = this.#first; head !== undefined && this.free >= head.weight; head = this.#first) {
      this.free -= head.weight;
      this.unlink(head);
      head.group?.leave(head);
      head.resolve();
    }
  }

  unlink(waiter: Waiter): void {
    const { before, behind } = waiter;
    if (before === undefined) this.#first = behind;
    else before.behind = behind;
    if (behind === undefined) this.#last = before;
    else behind.before = before;
    waiter.before = undefined;
    waiter.behind = undefined;
  }

  #park(weight: number, signal: AbortSignal | undefined): Promise<void> {
    const promise = new Promise<void>(keepResolver);
    const waiter: Waiter = {
      weight,
      resolve: resolver,
      before: this.#last,
      behind: undefined,
      group: undefined,
      nextOnSignal: undefined,
      priorOnSignal: undefined,
    };
    if (this.#last === undefined) this.#first = waiter;
    else this.#last.behind = waiter;
    this.#last = waiter;
    if (signal !== undefined) this.#groupOf(signal).join(waiter);
    return promise;
  }

  #groupOf(signal: AbortSignal): Group {
    let group = this.groups.get(signal);
    if (group === undefined) {
      group = new Group(this, signal);
      this.groups.set(signal, group);
    }
    return group;
  }
}

// All who wait on one signal. It is its own listener, so that there is no closure.
class Group {
  readonly #semaphore: FloorSemaphore;
  readonly #signal: AbortSignal;
  #first: Waiter | undefined;

  constructor(semaphore: FloorSemaphore, signal: AbortSignal) {
    this.#semaphore = semaphore;
    this.#signal = signal;
  }

  join(waiter: Waiter): void {
    waiter.group = this;
    waiter.nextOnSignal = this.#first;
    if (this.#first === undefined) this.#signal.addEventListener("abort", this);
    else this.#first.priorOnSignal = waiter;
    this.#first = waiter;
  }

  leave(waiter: Waiter): void {
    const { nextOnSignal: next, priorOnSignal: prior } = waiter;
    if (prior === undefined) this.#first = next;
    else prior.nextOnSignal = next;
    if (next !== undefined) next.priorOnSignal = prior;
    if (this.#first === undefined) this.#forget();
  }

  handleEvent(): void {
    const rejected = Promise.reject(this.#signal.reason);
    this.#forget();
    for (let waiter = this.#first; waiter !== undefined; waiter = waiter.nextOnSignal) {
      this.#semaphore.unlink(waiter);
      waiter.resolve(rejected);
    }
    this.#semaphore.serve();
  }

  #forget(): void {
    this.#signal.removeEventListener("abort", this);
    this.#semaphore.groups.delete(this.#signal);
  }
}
