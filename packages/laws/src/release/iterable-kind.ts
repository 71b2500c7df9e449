import type { StreamKind } from "./subject.js";

/** An async iterable of objects, which must stay the same objects. */
export function iterableKind(): StreamKind {
  const made: object[] = [];
  return {
    name: "async iterable",
    open(plan) {
      let produced = 0;
      let over = false;
      let left: { reason: unknown } | undefined;
      const next = async (): Promise<IteratorResult<object>> => {
        if (over) return { done: true, value: undefined };
        if (produced < plan.chunks) {
          made[produced] ??= { chunk: produced };
          return { done: false, value: made[produced++]! };
        }
        if (plan.ending === "stall") await new Promise(() => {});
        over = true;
        if (plan.ending === "error") throw plan.failure;
        return { done: true, value: undefined };
      };
      const stop = async (reason: unknown): Promise<IteratorResult<object>> => {
        over = true;
        left = { reason };
        return { done: true, value: undefined };
      };
      const stream = { [Symbol.asyncIterator]: () => ({ next, return: stop }) };
      return { stream, produced: () => produced, left: () => left };
    },
    consume(stream) {
      const iterator = (stream as AsyncIterable<object>)[Symbol.asyncIterator]();
      return {
        read: async () => {
          const { done, value } = await iterator.next();
          return done ? "end" : made.indexOf(value);
        },
        leave: async (reason) => iterator.return?.(reason),
      };
    },
    traits: (it) =>
      Symbol.asyncIterator in it && !("getReader" in it) ? "async iterable" : "no async iterable",
  };
}
