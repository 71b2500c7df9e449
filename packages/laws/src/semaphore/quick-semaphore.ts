import { Refusal } from "./reference.js";
import type { PermitLike, SemaphoreLike, SemaphoreLikeOptions, WaitLike } from "./subject.js";

/** A node of the line. */
export interface Quick {
  readonly weight: number;
  readonly signal: AbortSignal | undefined;
  before: Quick | undefined;
  behind: Quick | undefined;
  resolve(permit: PermitLike): void;
  reject(reason: unknown): void;
}

/**
 * A semaphore whose operations cost the same at any size: for the sinners against the costs, which the twin, slow
 * on purpose, would all commit at once. It knows no time-outs, no closing and no dividing.
 */
export class QuickSemaphore implements SemaphoreLike {
  readonly capacity: number;
  held = 0;
  waiting = 0;
  protected first: Quick | undefined;
  protected last: Quick | undefined;
  /** Who waits on which signal: one listener for all of them. */
  protected readonly tied = new Map<AbortSignal, Set<Quick>>();

  constructor(capacity: number, _options?: SemaphoreLikeOptions) {
    this.capacity = capacity;
  }

  tryAcquire(weight: number): PermitLike | undefined {
    return this.waiting === 0 && this.held + weight <= this.capacity ? this.lend(weight) : undefined;
  }

  acquire(weight: number, { signal }: WaitLike = {}): Promise<PermitLike> {
    if (weight > this.capacity) return Promise.reject(new Refusal("ERR_TOO_HEAVY"));
    const permit = this.tryAcquire(weight);
    if (permit) return Promise.resolve(permit);
    return new Promise((resolve, reject) => {
      const waiter: Quick = { weight, signal, before: this.last, behind: undefined, resolve, reject };
      this.join(waiter);
      if (signal) this.tie(signal, waiter);
    });
  }

  protected tie(signal: AbortSignal, waiter: Quick): void {
    const all = this.tied.get(signal) ?? new Set();
    if (all.size === 0) {
      this.tied.set(signal, all);
      const onAbort = () => {
        for (const one of all) {
          this.leave(one);
          one.reject(signal.reason);
        }
        this.serve();
      };
      signal.addEventListener("abort", onAbort, { once: true });
    }
    all.add(waiter);
  }

  protected lend(weight: number): PermitLike {
    this.move(weight);
    let given = false;
    const release = () => {
      if (given) return;
      given = true;
      this.move(-weight);
      this.serve();
    };
    return { weight, release };
  }

  protected move(weight: number): void {
    this.held += weight;
  }

  protected join(waiter: Quick): void {
    if (this.last) this.last.behind = waiter;
    else this.first = waiter;
    this.last = waiter;
    this.waiting++;
  }

  protected leave(waiter: Quick): void {
    const { before, behind, signal } = waiter;
    if (before) before.behind = behind;
    else this.first = behind;
    if (behind) behind.before = before;
    else this.last = before;
    if (signal) this.tied.get(signal)?.delete(waiter);
    this.waiting--;
  }

  protected serve(): void {
    for (let head = this.first; head && this.held + head.weight <= this.capacity; head = this.first) {
      this.leave(head);
      head.resolve(this.lend(head.weight));
    }
  }
}
