import { Refusal } from "./reference.js";
import type { PermitLike, SemaphoreLike, SemaphoreLikeOptions, WaitLike } from "./subject.js";

/** A node of the line. */
export interface Quick {
  readonly weight: number;
  before: Quick | undefined;
  behind: Quick | undefined;
  resolve(permit: PermitLike): void;
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
      const waiter: Quick = { weight, before: this.last, behind: undefined, resolve };
      this.join(waiter);
      const onAbort = () => {
        this.leave(waiter);
        reject(signal?.reason);
        this.serve();
      };
      signal?.addEventListener("abort", onAbort, { once: true });
    });
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

  protected leave({ before, behind }: Quick): void {
    if (before) before.behind = behind;
    else this.first = behind;
    if (behind) behind.before = before;
    else this.last = before;
    this.waiting--;
  }

  protected serve(): void {
    for (let head = this.first; head && this.held + head.weight <= this.capacity; head = this.first) {
      this.leave(head);
      head.resolve(this.lend(head.weight));
    }
  }
}
