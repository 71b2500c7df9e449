import { Effect, Fiber, Queue } from "effect";
import { check, type Work } from "../../run/clock.js";
import { blockedAt, queuedIn } from "../memory.js";
import type { Subject } from "../subject.js";

type Numbers = Queue.Queue<number>;

const sendEach = (queue: Numbers, first: number, step: number, times: number) =>
  Effect.gen(function* () {
    for (let item = first; item < times; item += step) yield* Queue.offer(queue, item);
  });

const receiveEach = (queue: Numbers, count: number) =>
  Effect.gen(function* () {
    let sum = 0;
    for (let left = count; left > 0; left--) sum += yield* Queue.take(queue);
    return sum;
  });

const receiveAll = (queue: Numbers, count: number) =>
  Effect.gen(function* () {
    let sum = 0;
    for (let left = count; left > 0; ) {
      const items = yield* Queue.takeAll(queue);
      for (const item of items) sum += item;
      left -= items.length;
    }
    return sum;
  });

function between(capacity: number, parties: number, receive: typeof receiveEach): Work {
  return async (times) => {
    const each = Math.ceil(times / parties);
    const all = each * parties;
    const sum = await Effect.runPromise(
      Effect.gen(function* () {
        const queue = yield* Queue.bounded<number>(capacity);
        const receivers: Fiber.Fiber<number>[] = [];
        for (let party = 0; party < parties; party++) {
          yield* Effect.forkChild(sendEach(queue, party, parties, all));
          receivers.push(yield* Effect.forkChild(receive(queue, each)));
        }
        let total = 0;
        for (const receiver of receivers) total += yield* Fiber.join(receiver);
        return total;
      }),
    );
    check("the sum of what was received", sum, (all * (all - 1)) / 2);
  };
}

export const subject: Subject = {
  flow: (capacity) => between(capacity, 1, receiveEach),
  crowd: (capacity) => between(capacity, 4, receiveEach),
  batches: (capacity) => between(capacity, 1, receiveAll),
  queued: queuedIn((capacity) => {
    const keep = Effect.runSync(Queue.bounded<number>(capacity));
    return { keep, put: (item) => Queue.offerUnsafe(keep, item) };
  }),
  blocked: blockedAt(() => {
    const keep = Effect.runSync(Queue.bounded<number>(1));
    Queue.offerUnsafe(keep, 0);
    return { keep, send: (item) => Effect.runFork(Queue.offer(keep, item)) };
  }),
};
