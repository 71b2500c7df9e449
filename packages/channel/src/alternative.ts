import type { Core } from "./core.js";
import { closedError } from "./ending.js";

/** What came of it, under the key of its case. */
export interface Outcome {
  readonly key: string;
  readonly done: boolean | undefined;
  readonly value: unknown;
}

const SENT: IteratorResult<unknown> = { done: false, value: undefined };

/** A step as an iterator has it; a sender has none. */
export const outcomeOf = (key: string, { done, value }: IteratorResult<unknown> = SENT): Outcome => ({
  key,
  done,
  value,
});

/** One case of a select: an item to send, which has been weighed, or without one to receive. */
export class Alternative {
  readonly key: string;
  readonly core: Core<unknown>;
  readonly sends: { readonly item: unknown; readonly weight: number } | undefined;

  constructor(key: string, core: Core<unknown>, sends: { item: unknown; weight: number } | undefined) {
    this.key = key;
    this.core = core;
    this.sends = sends;
  }

  /** Whether it would be wrong to wait for this. A sender for whom there is room has it as soon as it stands in line. */
  get isDue(): boolean {
    return this.sends ? this.core.end !== undefined : this.core.hasItem() || this.core.isOver();
  }

  /** Does it now, or not at all. */
  now(): Promise<Outcome> | undefined {
    const { key, core, sends } = this;
    if (!sends) {
      if (core.hasItem()) return core.turns.received(outcomeOf(key, { done: false, value: core.take() }));
      if (!core.isOver()) return undefined;
      return core.atEnd<IteratorResult<unknown>>("step").then((step) => outcomeOf(key, step));
    }
    if (core.end) return Promise.reject(closedError(core.end, core.options.name));
    const { item, weight } = sends;
    const { sent } = core.turns;
    const drops = core.options.whenFull.startsWith("drop");
    const done = core.accept(item, weight) || (drops && core.overflow(item, weight));
    return done ? sent.then(() => outcomeOf(key)) : undefined;
  }
}
