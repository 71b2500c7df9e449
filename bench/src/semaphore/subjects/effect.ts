import { Effect, Fiber, Semaphore } from "effect";
import { check, type Work } from "../../run/clock.js";
import { CHUNK, GIB } from "../heavy.js";
import type { Subject } from "../subject.js";

const alone = Semaphore.makeUnsafe(1);
const budget = Semaphore.makeUnsafe(GIB);

// All within one fiber: what it costs to start one from outside is not the semaphore's.
const loop = (turn: Effect.Effect<unknown>): Work => {
  return (times) =>
    Effect.runPromise(
      Effect.gen(function* () {
        for (let left = times; left > 0; left--) yield* turn;
      }),
    );
};

function line(length: number): Work {
  const semaphore = Semaphore.makeUnsafe(1);
  let arrived = 0;
  let served = 0;
  const turn = Effect.gen(function* () {
    arrived++;
    yield* semaphore.take(1);
    served++;
    yield* semaphore.release(1);
  });
  const places = Array.from({ length }, (_, place) => place);
  const one = Effect.gen(function* () {
    yield* semaphore.take(1);
    arrived = 0;
    const waiters = yield* Effect.forkChild(
      Effect.forEach(places, () => turn, { concurrency: "unbounded", discard: true }),
    );
    while (arrived < length) yield* Effect.yieldNow;
    yield* semaphore.release(1);
    yield* Fiber.join(waiters);
  });
  return async (times) => {
    served = 0;
    await loop(one)(times);
    check("turns that were taken", served, times * length);
  };
}

export const subject: Subject = {
  turns: loop(Effect.andThen(alone.take(1), alone.release(1))),
  runs: loop(alone.withPermit(Effect.sync(() => 1))),
  line,
  async full() {
    const semaphore = Semaphore.makeUnsafe(1);
    await Effect.runPromise(semaphore.take(1));
    return (signal) => Effect.runPromise(semaphore.take(1), signal && { signal });
  },
  heavy: loop(Effect.andThen(budget.take(CHUNK), budget.release(CHUNK))),
};
