import { check, type Work } from "../run/clock.js";
import type { ForEach, Items, Mapping, Task } from "./subject.js";

/** How a task ends: in a microtask, or in the next turn of the event loop, as one that waits for a socket would. */
export type Ends = "at once" | "later";

const TASKS: Readonly<Record<Ends, Task>> = {
  "at once": async (item) => item,
  later: (item) => new Promise((resolve) => setImmediate(resolve, item)),
};

/** Makes a task of so many slots that finds out whether there were more at a time. */
function watched(slots: number, ends: Ends) {
  const task = TASKS[ends];
  let busy = 0;
  let sum = 0;
  const done = (item: number): number => {
    busy--;
    sum += item;
    return item;
  };
  return {
    task(item: number): Promise<number> {
      if (++busy > slots) throw new Error(`${busy} tasks at a time, with ${slots} slots`);
      return task(item).then(done);
    },
    sum: () => sum,
  };
}

export function workingOn(forEach: ForEach, slots: number, ends: Ends): Work {
  return async (times) => {
    const { task, sum } = watched(slots, ends);
    await forEach(itemsOf(times), slots, task);
    check("the sum of what was worked on", sum(), sumOf(times));
  };
}

export function mapping(map: Mapping, slots: number, ends: Ends, inOrder: boolean): Work {
  return async (times) => {
    const { task } = watched(slots, ends);
    let sum = 0;
    let next = 0;
    for await (const result of await map(itemsOf(times), slots, task)) {
      if (inOrder) check("the next result", result, next++);
      sum += result;
    }
    check("the sum of the results", sum, sumOf(times));
  };
}

function itemsOf(times: number): Items {
  return {
    get array() {
      return Array.from({ length: times }, (_, item) => item);
    },
    get source() {
      let item = 0;
      const next = (): Promise<IteratorResult<number>> =>
        Promise.resolve(item < times ? { done: false, value: item++ } : { done: true, value: undefined });
      return { [Symbol.asyncIterator]: () => ({ next }) };
    },
  };
}

const sumOf = (times: number): number => (times * (times - 1)) / 2;
