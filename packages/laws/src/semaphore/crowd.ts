import { MOST_ROUNDS, take, timed, WARM_UP } from "./measure.js";
import type { MakeSemaphore, PermitLike, SemaphoreLike } from "./subject.js";

const LENT = 16;
/** How many leave in each round, and enough for all rounds. */
const LEAVERS = 4;
const ENOUGH = LEAVERS * (WARM_UP + MOST_ROUNDS);

/** Somebody in the middle of the line, with a signal whose listeners can be called without what `abort()` costs. */
interface Leaver {
  readonly controller: AbortController;
  readonly listeners: EventListener[];
}

type Operation = (crowd: Crowd) => number | Promise<number>;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  // First, while those who are to leave have not been served.
  "leaving the middle of so many who wait:": (crowd) => crowd.abandon(),
  "trying in vain beside so many who wait:": ({ subject }) =>
    timed(() => [subject.tryAcquire(1), subject.waiting, subject.held]),
  "serving the head of so many who wait, and joining them:": (crowd) => crowd.turnOver(),
  "joining so many who wait on one signal:": (crowd) => timed(() => crowd.wait(crowd.shared.signal)),
};

/** A semaphore of which everything is held, and for which so many wait: half of them on one signal. */
export class Crowd {
  readonly subject: SemaphoreLike;
  readonly shared = new AbortController();
  readonly operations = Object.keys(OPERATIONS);
  readonly #permits: PermitLike[];
  readonly #leavers: Leaver[] = [];

  constructor(make: MakeSemaphore, waiters: number) {
    this.subject = make(LENT, {});
    this.#permits = Array.from({ length: LENT }, () => take(this.subject));
    // They leave from the middle on towards the end, some in each round, so that there are enough of them.
    for (let n = 0; n < waiters / 2; n++) this.wait(n % 2 === 0 ? this.shared.signal : undefined);
    for (let n = 0; n < ENOUGH; n++) this.#leavers.push(this.#leaver());
    for (let n = 0; n < waiters / 2; n++) this.wait(n % 2 === 0 ? this.shared.signal : undefined);
  }

  time(of: string): number | Promise<number> {
    return OPERATIONS[of]?.(this) ?? 0;
  }

  wait(signal?: AbortSignal): void {
    this.subject.acquire(1, { signal }).then(
      (permit) => this.#permits.push(permit),
      () => undefined,
    );
  }

  /** All that is lent comes back and is lent to those who wait longest; as many come to the end of the line. */
  async turnOver(): Promise<number> {
    const back = this.#permits.splice(0, LENT);
    const taken = timed((n) => {
      back[n]?.release();
      this.wait();
    }, back.length);
    for (let turn = 0; turn < 10; turn++) await undefined; // for the new permits
    return taken;
  }

  abandon(): number {
    const leavers = this.#leavers.splice(0, LEAVERS);
    for (const { controller } of leavers) controller.abort();
    const told = leavers.flatMap(({ listeners }) => listeners);
    const event = new Event("abort");
    return timed((n) => told[n]?.(event), told.length);
  }

  #leaver(): Leaver {
    const controller = new AbortController();
    const { signal } = controller;
    const listeners: EventListener[] = [];
    signal.addEventListener = (_type: string, listener: EventListenerOrEventListenerObject | null) => {
      if (typeof listener === "function") listeners.push(listener);
      else if (listener) listeners.push((event) => listener.handleEvent(event));
    };
    signal.removeEventListener = () => undefined;
    this.wait(signal);
    return { controller, listeners };
  }
}
