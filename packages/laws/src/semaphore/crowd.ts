import { MOST_ROUNDS, timed, WARM_UP } from "./measure.js";
import type { MakeSemaphore, PermitLike, SemaphoreLike } from "./subject.js";

/** How many permits are out. */
export const LENT = 16;
/** How many leave in each round, and enough for all rounds. */
const LEAVERS = 4;
const ENOUGH = LEAVERS * (WARM_UP + MOST_ROUNDS);

/** Somebody in the middle of the line, with a signal whose listeners can be called without what `abort()` costs. */
interface Leaver {
  readonly controller: AbortController;
  readonly listeners: EventListener[];
}

/** What is measured beside a line, by what it is called; each says how many milliseconds it took. */
export const BESIDE_A_LINE: Readonly<Record<string, (crowd: Crowd) => number | Promise<number>>> = {
  // First, while those who are to leave have not been served.
  "leaving the middle of so many who wait:": (crowd) => crowd.abandon(),
  "trying in vain beside so many who wait:": ({ subject }) =>
    timed(() => [subject.tryAcquire(1), subject.waiting, subject.held], LENT),
  "serving the head of so many who wait, and joining them:": (crowd) => crowd.turnOver(),
  "joining so many who wait on one signal:": (crowd) => timed(() => crowd.ask(crowd.shared.signal), LENT),
};

/** A semaphore with some permits out, and with so many who wait: half of them on one signal. */
export class Crowd {
  readonly subject: SemaphoreLike;
  readonly shared = new AbortController();
  readonly #weight: number;
  #permits: PermitLike[] = [];
  readonly #leavers: Leaver[] = [];

  constructor(make: MakeSemaphore, capacity: number, weight: number, waiters: number) {
    this.subject = make(capacity, {});
    this.#weight = weight;
    for (let n = 0; n < LENT; n++) this.ask();
    if (waiters === 0) return;
    for (let n = 0; n < waiters / 2; n++) this.ask(n % 2 === 0 ? this.shared.signal : undefined);
    for (let n = 0; n < ENOUGH; n++) this.#leavers.push(this.#leaver());
    for (let n = 0; n < waiters / 2; n++) this.ask(n % 2 === 0 ? this.shared.signal : undefined);
  }

  ask(signal?: AbortSignal): void {
    this.subject.acquire(this.#weight, { signal }).then(
      (permit) => this.#permits.push(permit),
      () => undefined,
    );
  }

  /** All that is lent comes back, and goes to those who wait longest; as many as they are come. */
  async turnOver(divide = false): Promise<number> {
    const back = this.#permits;
    this.#permits = [];
    const taken = timed((n) => {
      if (divide) back[n]?.shrink?.(1);
      back[n]?.release();
      this.ask();
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
    this.ask(signal);
    return { controller, listeners };
  }
}
