import { Effect, Stream } from "effect";
import type { Mapping, Subject, Task } from "../subject.js";

const running = (task: Task) => (item: number) => Effect.promise(() => task(item));

export const subject: Subject = {
  forEach: ({ array }, concurrency, task) =>
    Effect.runPromise(Effect.forEach(array, running(task), { concurrency, discard: true })),
  ordered: ({ array }, concurrency, task) =>
    Effect.runPromise(Effect.forEach(array, running(task), { concurrency })),
};

const mapping =
  (unordered: boolean): Mapping =>
  ({ source }, concurrency, task) =>
    Stream.fromAsyncIterable(source, (cause) => cause).pipe(
      Stream.mapEffect(running(task), { concurrency, unordered }),
      Stream.toAsyncIterable,
    );

export const stream: Subject = { ordered: mapping(false), unordered: mapping(true) };
