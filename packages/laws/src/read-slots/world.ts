import fc from "fast-check";
import { settle } from "../settle.js";
import { Breach } from "../verdicts.js";
import { KINDS, type Kind, sourceOf } from "./kinds.js";
import { METHODS, type Method, type SourceLike } from "./subject.js";

/** What is going to happen, but for the order. Items are numbered from 0. */
export interface Plan {
  readonly kind: Kind;
  readonly method: Method;
  readonly slots: number;
  readonly items: number;
  /** The read that fails, if any. */
  readonly failingRead: number | undefined;
  /** Works that fail. */
  readonly failingWork: readonly number[];
  /** The read that never settles, if any, and if the kind of source can do that. */
  readonly stalledRead: number | undefined;
  /** After how many results the consumer of a `map` leaves, if it does. */
  readonly leavesAfter: number | undefined;
}

const upTo = (max: number) => fc.nat({ max });

export const plans = ({
  fails = false,
  stalls = false,
  leaves = false,
  items = 7,
  methods = METHODS,
}: {
  fails?: boolean;
  stalls?: boolean;
  leaves?: boolean;
  items?: number;
  methods?: readonly Method[];
} = {}): fc.Arbitrary<Plan> =>
  fc.record({
    kind: fc.constantFrom(...KINDS),
    method: fc.constantFrom(...methods),
    slots: fc.integer({ min: 1, max: 4 }),
    items: upTo(items),
    failingRead: fails ? fc.option(upTo(items), { nil: undefined, freq: 2 }) : fc.constant(undefined),
    failingWork: fails ? fc.uniqueArray(upTo(items), { maxLength: 2 }) : fc.constant([]),
    stalledRead: stalls ? fc.option(upTo(items), { nil: undefined, freq: 2 }) : fc.constant(undefined),
    leavesAfter: leaves ? fc.option(upTo(items), { nil: undefined, freq: 2 }) : fc.constant(undefined),
  });

/** A source and a task whose every step is taken when the scheduler says so, and who write down what happens. */
export class World {
  readonly story: string[] = [];
  asked = 0;
  /** Reads that were asked for and are not over: not worked on to the end, ended, failed or given up. */
  readonly unsettled = new Set<number>();
  readonly #begun = new Set<number>();
  begun = 0;
  finished = 0;
  /** How often the source was told to stop. */
  left = 0;
  /** What failed, in the order in which it did. */
  readonly failures: unknown[] = [];
  readonly #scheduler: fc.Scheduler;
  readonly #plan: Plan;
  readonly #onAsk: (world: World) => void;
  #breach: Breach | undefined;
  readonly source: SourceLike<number>;

  constructor(scheduler: fc.Scheduler, plan: Plan, onAsk: (world: World) => void = () => {}) {
    this.#scheduler = scheduler;
    this.#plan = plan;
    this.#onAsk = onAsk;
    this.story.push(`${plan.method} over ${plan.items} items of a ${plan.kind}, ${plan.slots} slots`);
    this.source = sourceOf(plan.kind, {
      read: () => this.#read(),
      readNow: () => this.#answer(this.#ask()),
      leave: () => this.#leave(),
    });
  }

  readonly task = async (item: number): Promise<number> => {
    this.begun++;
    this.#begun.add(item);
    this.unsettled.add(item);
    this.story.push(`work ${item} begins`);
    await this.#scheduler.schedule(Promise.resolve(), `work ${item}`);
    this.finished++;
    this.unsettled.delete(item);
    if (this.#plan.failingWork.includes(item)) this.#fail(`work ${item}`);
    this.story.push(`work ${item} is done`);
    return item;
  };

  /** Remembers the first thing that is wrong: thrown into the subject, it would be taken for a failure of the source. */
  breach(what: string): void {
    this.#breach ??= new Breach(what, [...this.story]);
  }

  /** Ends the schedule with what was wrong, if anything was. */
  judge(): void {
    if (this.#breach) throw this.#breach;
  }

  /** Takes one scheduled step after the other until `done`; `false` when nothing is left that could happen. */
  async drive(done: () => boolean): Promise<boolean> {
    for (;;) {
      await settle(() => done() || this.#scheduler.count() > 0);
      if (done()) return true;
      if (this.#scheduler.count() === 0) return false;
      await this.#scheduler.waitNext(1);
    }
  }

  async #read(): Promise<IteratorResult<number>> {
    const item = this.#ask();
    if (item === this.#plan.stalledRead) await new Promise(() => {});
    await this.#scheduler.schedule(Promise.resolve(), `read ${item}`);
    return this.#answer(item);
  }

  #ask(): number {
    const item = this.asked++;
    this.story.push(`read ${item} is asked for`);
    this.unsettled.add(item);
    this.#onAsk(this);
    return item;
  }

  #answer(item: number): IteratorResult<number> {
    if (item === this.#plan.failingRead) {
      this.unsettled.delete(item);
      this.#fail(`read ${item}`);
    }
    if (item < this.#plan.items) return { done: false, value: item };
    this.unsettled.delete(item);
    return { done: true, value: undefined };
  }

  #leave(): void {
    this.left++;
    // A read that is pending now is given up: it may never settle, and holds nothing any more.
    for (const item of this.unsettled) if (!this.#begun.has(item)) this.unsettled.delete(item);
    this.story.push("the source is told to stop");
  }

  #fail(what: string): never {
    const error = new Error(`${what} failed`);
    this.failures.push(error);
    this.story.push(error.message);
    throw error;
  }
}
