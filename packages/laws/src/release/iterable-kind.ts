import type { Consumer, Source, SourcePlan, StreamKind } from "./subject.js";

type Step = IteratorResult<object>;

/** Chunks that are told apart by being the same object. */
class Items {
  readonly #made: object[] = [];

  of(n: number): object {
    this.#made[n] ??= { chunk: n };
    return this.#made[n];
  }

  consume = (stream: object): Consumer => {
    const iterator = (stream as AsyncIterable<object>)[Symbol.asyncIterator]();
    return {
      read: async () => {
        const { done, value } = await iterator.next();
        return done ? "end" : this.#made.indexOf(value);
      },
      leave: async (reason) => void (await iterator.return?.(reason)),
    };
  };
}

const traits = (it: object): string => {
  if (!(Symbol.asyncIterator in it) || "getReader" in it) return "no async iterable";
  return "throw" in it ? "async generator" : "async iterable";
};

const ended: Step = { done: true, value: undefined };

function iterating(plan: SourcePlan, items: Items) {
  let produced = 0;
  let over = false;
  return {
    produced: () => produced,
    stop() {
      over = true;
    },
    async next(): Promise<Step> {
      await plan.pace?.();
      if (over) return ended;
      if (produced < plan.chunks) return { done: false, value: items.of(produced++) };
      if (plan.ending === "stall") await new Promise(() => {});
      over = true;
      if (plan.ending === "error") throw plan.failure;
      return ended;
    },
  };
}

/** An async iterable of objects, which must stay the same objects. */
export function iterableKind(): StreamKind {
  const items = new Items();
  return {
    name: "async iterable",
    open(plan): Source {
      const { next, stop, produced } = iterating(plan, items);
      let left: { reason: unknown } | undefined;
      const leave = async (reason: unknown): Promise<Step> => {
        stop();
        left = { reason };
        return ended;
      };
      const stream = { [Symbol.asyncIterator]: () => ({ next, return: leave }) };
      return { stream, produced, left: () => left };
    },
    consume: items.consume,
    traits,
  };
}

/** An async iterable whose iterator has nothing but `next`. */
export function bareIterableKind(): StreamKind {
  const items = new Items();
  return {
    name: "async iterable without return",
    stops: "never",
    open(plan): Source {
      const { next, produced } = iterating(plan, items);
      const stream = { [Symbol.asyncIterator]: () => ({ next }) };
      return { stream, produced, left: () => undefined };
    },
    consume: items.consume,
    traits,
  };
}

/** An async generator, which cannot be stopped before it has begun. */
export function generatorKind(): StreamKind {
  const items = new Items();
  return {
    name: "async generator",
    stops: "between reads",
    open(plan): Source {
      const { next, produced } = iterating(plan, items);
      let left: { reason: unknown } | undefined;
      async function* generate(): AsyncGenerator<object> {
        try {
          for (let step = await next(); !step.done; step = await next()) yield step.value;
        } finally {
          left = { reason: undefined };
        }
      }
      return { stream: generate(), produced, left: () => left };
    },
    consume: items.consume,
    traits,
  };
}
