import { check, type Work } from "../run/clock.js";
import type { Subject, Wait } from "./subject.js";

/** Runs a task when it may, one at a time, and gives what the task gives. */
export type Run = (task: () => number | Promise<number>, signal?: AbortSignal) => Promise<unknown>;

const one = () => 1;

/** What is the same for all that run tasks and have no permits. */
export function running(open: () => Run): Subject {
  const runs = runsOf(open());
  return { turns: runs, runs, line: (length) => lineOf(open(), length), full: () => full(open()) };
}

export function runsOf(run: Run): Work {
  return async (times) => {
    let sum = 0;
    for (let left = times; left > 0; left--) sum += (await run(one)) as number;
    check("tasks that were run", sum, times);
  };
}

function lineOf(run: Run, length: number): Work {
  let served = 0;
  const task = () => served++;
  return async (times) => {
    served = 0;
    for (let left = times; left > 0; left--) {
      let open: (value: number) => void = () => {};
      const holder = run(() => new Promise((resolve) => (open = resolve)));
      // Some begin a task only in a later microtask.
      await null;
      await null;
      let last: Promise<unknown> | undefined;
      for (let place = 0; place < length; place++) last = run(task);
      open(0);
      await holder;
      await last;
    }
    check("tasks that were run", served, times * length);
  };
}

async function full(run: Run): Promise<Wait> {
  void run(() => new Promise(() => {}));
  await null;
  await null;
  return (signal) => run(one, signal);
}
