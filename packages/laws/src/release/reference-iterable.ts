import { referenceClock } from "./reference-clock.js";
import { watchForLeaks } from "./reference-leaks.js";
import { type ReleaseSins, spent } from "./reference-sins.js";
import type { ReleaseLikeOptions } from "./subject.js";

type Step = IteratorResult<object>;

const ended: Step = { done: true, value: undefined };

/** An async iterable, with a `return` or without, or a generator. */
export function iterable(
  source: AsyncIterable<object>,
  once: () => void,
  sins: ReleaseSins,
  options: ReleaseLikeOptions,
): AsyncIterable<object> {
  const iterator = source[Symbol.asyncIterator]();
  const drained: Promise<Step[]> | undefined = sins.whenSourceHasEnded ? drain(iterator, once) : undefined;
  drained?.catch(() => {});
  const reading = { asked: false, waiting: false };
  const { lost, lose: tell, waits } = loss();
  let isLost = false;
  let left = false;
  let failed = false;
  let stop = () => {};
  const over = () => {
    stop();
    forget();
    once();
  };
  const lose = (budget: string) => {
    stop();
    isLost = true;
    tell(sins.endsInsteadOfFailing ? undefined : spent(budget, sins));
    if (!sins.leavesStalledSourceRunning) leave(iterator, budget).catch(() => {});
    if (!sins.keepsThePermit) once();
  };
  const start = () => {
    stop = referenceClock(options, sins, reading, lose);
  };
  if (!sins.startsWithTheFirstRead) start();
  let ahead = sins.readsAhead ? iterator.next() : undefined;
  ahead?.catch(() => {});
  const read = async (): Promise<Step> => {
    const items = await drained;
    if (items) return items.shift() ?? ended;
    const step = await (ahead ?? iterator.next());
    ahead = sins.readsAhead ? iterator.next() : undefined;
    ahead?.catch(() => {});
    return sins.copiesChunks && !step.done ? { done: false, value: { ...step.value } } : step;
  };
  const iteration = {
    async next(): Promise<Step> {
      if (sins.startsWithTheFirstRead && !reading.asked) start();
      reading.asked = true;
      reading.waiting = true;
      try {
        const step = await (isLost ? lost : waits(read()));
        if (step.done || (left && sins.twiceWhenLeftWhileAsked)) over();
        return step;
      } catch (error) {
        failed = true;
        if (!sins.neverOnError && !isLost) over();
        throw sins.wrapsErrors ? new Error("the source has failed", { cause: error }) : error;
      } finally {
        reading.waiting = false;
      }
    },
    async return(reason?: unknown): Promise<Step> {
      left = true;
      if (!sins.leavesSourceRunning) await leave(iterator, sins.cancelsWithoutReason ? undefined : reason);
      if (!sins.neverOnLeave && !(failed && sins.neverOnError) && !isLost) over();
      return ended;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
  const wrapper =
    "throw" in iterator !== !!sins.losesTheKind
      ? Object.assign(iteration, { throw: (error: unknown) => Promise.reject(error) })
      : iteration;
  const forget = watchForLeaks(wrapper, { cancel: leaving(iterator) }, once, sins, options);
  return wrapper;
}

const leave = async (iterator: AsyncIterator<object>, reason: unknown) => iterator.return?.(reason);

// Apart, as it must not lead to the wrapper.
const leaving = (iterator: AsyncIterator<object>) => (reason: unknown) => leave(iterator, reason);

/** What ends everybody's wait. */
function loss() {
  let lose!: (why: Error | undefined) => void;
  const lost = new Promise<Step>((resolve, reject) => {
    lose = (why) => (why ? reject(why) : resolve(ended));
  });
  lost.catch(() => {});
  return { lost, lose, waits: (step: Promise<Step>) => Promise.race([lost, step]) };
}

async function drain(iterator: AsyncIterator<object>, once: () => void): Promise<Step[]> {
  const steps: Step[] = [];
  try {
    for (let step = await iterator.next(); !step.done; step = await iterator.next()) steps.push(step);
  } finally {
    once();
  }
  return steps;
}
