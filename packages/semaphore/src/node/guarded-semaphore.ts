import { AsyncLocalStorage } from "node:async_hooks";
import { MemoryBudget, type Permit, type WaitOptions } from "@sluice/semaphore";
import { NestedAcquireError } from "./nested-acquire-error.js";

/** A permit that stays with a task, and with all that the task starts, until the task has settled. */
interface Holding {
  readonly semaphore: GuardedSemaphore;
  readonly permit: Permit;
}

/** A request that stands in line. */
interface Parked {
  readonly weight: number;
  /** Whether it waits however long it takes: with a signal or a time-out it may leave, and let others pass. */
  readonly stays: boolean;
  /** What the task that asked keeps while it waits. */
  readonly keeps: readonly Permit[];
  readonly stop: AbortController | undefined;
}

// One for all semaphores: on Node 20 a storage that was used once stays known to every promise that is made.
const context = new AsyncLocalStorage<readonly Holding[]>();

/**
 * A semaphore or a budget that notices when a task waits for itself: when it asks for more while it keeps a permit
 * of the same semaphore, and can be served only after that permit is back. Such a wait fails at once with
 * `ERR_NESTED_ACQUIRE`, or as soon as a `resize` makes it one, and counts as aborted.
 *
 * A task keeps a permit if it runs in `use` or `holding`. Of other permits nobody knows who will give them back, so
 * they are not counted; nor is what was released, shrunk or split off in the meantime.
 *
 * @example
 * ```ts
 * const budget = new GuardedSemaphore("64MiB");
 * await budget.use(40 * 2 ** 20, () => budget.acquire(40 * 2 ** 20)); // ERR_NESTED_ACQUIRE
 * ```
 */
export class GuardedSemaphore extends MemoryBudget {
  readonly #parked = new Set<Parked>();

  /**
   * Waits until the weight fits, then takes it, as `acquire` of any semaphore.
   *
   * - **Order:** first come, first served; a heavy head holds back lighter ones behind it.
   * - **Abort:** rejects with `signal.reason`; nothing was taken; the place in line is gone.
   * - **Errors:** those of any semaphore, and `ERR_NESTED_ACQUIRE`.
   */
  override acquire(weight = 1, options: WaitOptions = {}): Promise<Permit> {
    const keeps = heldHere().flatMap(({ semaphore, permit }) => (semaphore === this ? [permit] : []));
    const { stop, unlink } = keeps.length > 0 && mayWait(options) ? stopAlong(options.signal) : NO_STOP;
    const before = this.waiting;
    const wait = super.acquire(weight, stop ? { ...options, signal: stop.signal } : options);
    if (this.waiting === before) {
      unlink();
      return wait; // granted or refused: only who stands in line can wait for itself
    }
    const stays = options.signal === undefined && options.timeout === undefined;
    const parked = { weight, stays, keeps, stop };
    const leave = () => {
      unlink();
      this.#parked.delete(parked);
    };
    wait.then(leave, leave);
    if (stop) this.#stopIfDoomed(parked, heaviest(this.#parked, this.capacity));
    this.#parked.add(parked);
    return wait;
  }

  /**
   * Runs a task with a permit, and gives the permit back when the task has settled. The task keeps it until then.
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
    return super.use(weight, (permit) => this.holding(permit, () => task(permit)), options);
  }

  /**
   * Runs a task that keeps a permit of this semaphore, however it was come by, and returns what the task returns.
   * It only tells the guard: giving the permit back is up to the caller still.
   */
  holding<R>(permit: Permit, task: () => R): R {
    return context.run([...heldHere(), { semaphore: this, permit }], task);
  }

  /**
   * Runs what the task around it does not wait for, such as a loop in the background, as if that task kept nothing
   * of this semaphore: it may wait for the task's permit.
   */
  detached<R>(task: () => R): R {
    const others = heldHere().filter(({ semaphore }) => semaphore !== this);
    return context.run(others, task);
  }

  override resize(capacity: number): void {
    super.resize(capacity);
    let ahead = 0;
    for (const parked of this.#parked) {
      if (this.#stopIfDoomed(parked, ahead)) continue;
      ahead = Math.max(ahead, heaviest([parked], capacity));
    }
  }

  // Doomed: it, or one ahead that will not leave, needs what its own task keeps until it is served.
  #stopIfDoomed({ weight, keeps, stop }: Parked, ahead: number): boolean {
    const held = keeps.reduce((sum, permit) => sum + (permit.released ? 0 : permit.weight), 0);
    const { capacity } = this;
    if (Math.max(weight, ahead) + held <= capacity) return false;
    const behind = weight + held > capacity ? undefined : ahead;
    const { name } = this.snapshot();
    // Who keeps nothing, and is heavier than the capacity all the same, has been rejected just now.
    stop?.abort(new NestedAcquireError({ weight, held, capacity, behind, name }));
    return true;
  }
}

// What was released meanwhile is left out, so that a chain of tasks that start each other does not grow a list.
const heldHere = (): readonly Holding[] =>
  (context.getStore() ?? []).filter(({ permit }) => !permit.released);

const heaviest = (parked: Iterable<Parked>, capacity: number): number => {
  let most = 0;
  for (const { weight, stays } of parked) {
    // What is heavier than the capacity has been rejected just now.
    if (stays && weight <= capacity) most = Math.max(most, weight);
  }
  return most;
};

const NOTHING = () => undefined;
const NO_STOP = { stop: undefined, unlink: NOTHING };

/** Whether a semaphore would not refuse to wait with these options. */
const mayWait = (options: WaitOptions): boolean => {
  if (options === null || typeof options !== "object") return false;
  const { signal } = options;
  return signal === undefined || signal?.aborted === false;
};

/** A controller that aborts when the signal does. Not `AbortSignal.any`, which leaves a trace on a long-lived signal. */
function stopAlong(signal: AbortSignal | undefined) {
  const stop = new AbortController();
  if (signal === undefined) return { stop, unlink: NOTHING };
  const follow = () => stop.abort(signal.reason);
  signal.addEventListener("abort", follow);
  return { stop, unlink: () => signal.removeEventListener("abort", follow) };
}
