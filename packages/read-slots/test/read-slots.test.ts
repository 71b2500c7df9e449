import { Readable } from "node:stream";
import { AdaptiveSemaphore, forEach, openSource, ReadSlots } from "@sluice/read-slots";
import { Semaphore } from "@sluice/semaphore";
import pLimit from "p-limit";
import { describe, expect, test, vi } from "vitest";

function deferred<T = void>() {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

const turns = async () => {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
};

/** Numbers from 0, and how many of them were asked for. */
function counter(end = Number.POSITIVE_INFINITY) {
  let asked = 0;
  const left = vi.fn();
  const source: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({
      next: async () => (asked < end ? { done: false, value: asked++ } : { done: true, value: undefined }),
      return: async () => {
        left();
        return { done: true, value: undefined };
      },
    }),
  };
  return { source, left, asked: () => asked };
}

/** Tasks that end when the test says so. */
function gates() {
  const gate = new Map<number, ReturnType<typeof deferred<string>>>();
  const of = (n: number) => {
    if (!gate.has(n)) gate.set(n, deferred<string>());
    return gate.get(n)!;
  };
  return { of, task: (n: number) => of(n).promise };
}

describe("forEach", () => {
  test("never has more reads unsettled than slots, and resolves when all tasks have settled", async () => {
    const slots = new ReadSlots(2);
    const { source, asked } = counter(4);
    const { of, task } = gates();
    const done = slots.forEach(source, task);
    await turns();
    expect(asked()).toBe(2);
    of(1).resolve("");
    await turns();
    expect(asked()).toBe(3);
    for (const n of [0, 2, 3]) of(n).resolve("");
    await done;
    expect(slots.snapshot()).toMatchObject({ held: 0, peakHeld: 2, granted: 5 });
  });

  test("one slot is enough to finish", async () => {
    const seen: number[] = [];
    await new ReadSlots(1).forEach([1, 2, 3], (n) => seen.push(n));
    expect(seen).toEqual([1, 2, 3]);
  });

  test("the first failure stops reading, cancels the source, lets work settle, and is the cause", async () => {
    const slots = new ReadSlots(3);
    const { source, left, asked } = counter();
    const { of } = gates();
    const signals: AbortSignal[] = [];
    const boom = new Error("boom");
    const done = slots.forEach(source, (n, signal) => {
      signals.push(signal);
      return of(n).promise;
    });
    const outcome = vi.fn();
    done.catch(outcome);
    await turns();
    of(1).reject(boom);
    await turns();
    expect([left.mock.calls.length, signals.every((s) => s.aborted && s.reason === boom)]).toEqual([1, true]);
    expect(outcome).not.toHaveBeenCalled();
    of(0).reject(new Error("a sibling"));
    of(2).resolve("");
    await expect(done).rejects.toBe(boom);
    expect([asked(), slots.snapshot().held]).toEqual([3, 0]);
  });

  test("a source that stalls for ever keeps no failure from surfacing, and its slot is free again", async () => {
    const slots = new ReadSlots(2);
    const first = deferred();
    let asked = 0;
    const stalling: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () =>
          asked++ === 0 ? Promise.resolve({ done: false, value: 1 }) : new Promise(() => undefined),
      }),
    };
    const done = slots.forEach(stalling, () => first.promise);
    await turns();
    first.reject("failed");
    await expect(done).rejects.toBe("failed");
    expect(slots.snapshot().held).toBe(0);
  });

  test("an abort does the same with the caller's reason, also before the start and while waiting for a slot", async () => {
    const stop = new AbortController();
    const shared = new Semaphore(1);
    const holder = await shared.acquire();
    const { source, left } = counter();
    const done = new ReadSlots(shared).forEach(source, () => undefined, { signal: stop.signal });
    await turns();
    stop.abort("enough");
    await expect(done).rejects.toBe("enough");
    expect([left.mock.calls.length, shared.waiting]).toEqual([1, 0]);
    holder.release();

    const late = counter();
    await expect(
      new ReadSlots(1).forEach(late.source, () => undefined, { signal: AbortSignal.abort("before") }),
    ).rejects.toBe("before");
    expect([late.asked(), late.left.mock.calls.length]).toEqual([0, 1]);
  });

  test("a source that fails is the cause, and is not asked to return", async () => {
    const boom = new Error("boom");
    const back = vi.fn();
    const failing: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(boom), return: back }),
    };
    await expect(new ReadSlots(2).forEach(failing, () => undefined)).rejects.toBe(boom);
    expect(back).not.toHaveBeenCalled();
  });

  test("a task that throws before it returns is a failure like any other", async () => {
    const boom = new Error("boom");
    await expect(
      new ReadSlots(2).forEach([1], () => {
        throw boom;
      }),
    ).rejects.toBe(boom);
  });

  test("a Node Readable and a web stream that stall are destroyed and cancelled", async () => {
    const fail = () => Promise.reject("failed");
    const readable = new Readable({ objectMode: true, read() {} });
    readable.push(1);
    const closed = new Promise((resolve) => readable.once("close", resolve));
    await expect(new ReadSlots(2).forEach(readable, fail)).rejects.toBe("failed");
    await closed;

    const cancel = vi.fn();
    const web = new ReadableStream({ start: (c) => c.enqueue(1), cancel });
    await expect(new ReadSlots(2).forEach(web, fail)).rejects.toBe("failed");
    await turns();
    expect(cancel).toHaveBeenCalledWith("failed");
  });

  test("tasks that are over at once cost no turn, and neither do their results", async () => {
    const seen: number[] = [];
    const done = new ReadSlots(2).forEach([1, 2, 3], (n) => seen.push(n));
    expect(seen).toEqual([1, 2, 3]);
    await done;
    const slots = new ReadSlots(2);
    const results = slots.map([1, 2, 3], (n) => n);
    void results.next();
    expect(slots.snapshot()).toMatchObject({ ready: 1, working: 0, held: 2 });
    await results.return?.();
  });

  test("a Node Readable that is cancelled before its first read does not end the process", async () => {
    const readable = new Readable({ read() {} });
    const closed = new Promise((resolve) => readable.once("close", resolve));
    const why = new Error("too late");
    const done = new ReadSlots(1).forEach(readable, () => undefined, { signal: AbortSignal.abort(why) });
    await expect(done).rejects.toBe(why);
    await closed;
  });

  test("closing a shared semaphore ends the reading with ERR_CLOSED", async () => {
    const shared = new Semaphore(1);
    const { source, left } = counter();
    const gate = deferred();
    const done = new ReadSlots(shared).forEach(source, () => gate.promise);
    await turns();
    shared.close();
    gate.resolve();
    await expect(done).rejects.toMatchObject({ code: "ERR_CLOSED" });
    expect(left).toHaveBeenCalledTimes(1);
  });
});

describe("forEach without read slots", () => {
  test("has slots of its own", async () => {
    const { source, asked } = counter(3);
    const { of, task } = gates();
    const done = forEach(2, source, task);
    await turns();
    expect(asked()).toBe(2);
    for (const n of [0, 1, 2]) of(n).resolve("");
    expect(await done).toBeUndefined();
    expect(asked()).toBe(3);
  });

  test("takes a semaphore, and the options", async () => {
    const shared = new Semaphore(4);
    const { of, task } = gates();
    const done = forEach(shared, [0, 1, 2], task, { weight: 2 });
    expect(shared.held).toBe(4);
    for (const n of [0, 1, 2]) of(n).resolve("");
    await done;
    expect(shared.snapshot()).toMatchObject({ held: 0, granted: 4 });
  });

  test("an adaptive semaphore learns from its tasks", async () => {
    const limit = new AdaptiveSemaphore({ max: 10 });
    await forEach(limit, [1], () => ({ status: 503 }));
    expect(limit.snapshot()).toMatchObject({ capacity: 7, cuts: 1 });
  });

  test("what makes no sense rejects, and reads nothing", async () => {
    const { source, asked } = counter(1);
    await expect(forEach(0, source, () => 1)).rejects.toMatchObject({ what: "slots", value: 0 });
    await expect(forEach(1, 7 as never, () => 1)).rejects.toMatchObject({ code: "ERR_NOT_A_SOURCE" });
    await expect(forEach(1, source, 7 as never)).rejects.toMatchObject({ what: "task", value: 7 });
    await expect(forEach(1, source, () => 1, 7 as never)).rejects.toMatchObject({ what: "options" });
    expect(asked()).toBe(0);
  });
});

describe("map", () => {
  test("gives results in the order of the source, whatever finishes first", async () => {
    const { of, task } = gates();
    const results = new ReadSlots(3).map(counter(3).source, task);
    const all = (async () => {
      const seen: string[] = [];
      for await (const r of results) seen.push(r);
      return seen;
    })();
    await turns();
    for (const n of [2, 0, 1]) {
      of(n).resolve(`r${n}`);
      await turns();
    }
    expect(await all).toEqual(["r0", "r1", "r2"]);
  });

  test("a slow first item stops the reading: results behind it fill the slots, not a buffer", async () => {
    const { source, asked } = counter();
    const { of, task } = gates();
    const results = new ReadSlots(3).map(source, task)[Symbol.asyncIterator]();
    const first = results.next();
    await turns();
    of(1).resolve("b");
    of(2).resolve("c");
    await turns();
    expect(asked()).toBe(3);
    of(0).resolve("a");
    expect((await first).value).toBe("a");
    await turns();
    expect(asked()).toBe(3);
    expect((await results.next()).value).toBe("b");
    await turns();
    expect(asked()).toBe(4);
    of(3).resolve("d");
    await results.return?.();
  });

  test("reads nothing until it is asked", async () => {
    const { source, asked } = counter();
    new ReadSlots(2).map(source, String);
    await turns();
    expect(asked()).toBe(0);
  });

  test("unordered results come as they are there", async () => {
    const { of, task } = gates();
    const results = new ReadSlots(2).map(counter(2).source, task, { ordered: false });
    const first = results.next();
    await turns();
    of(1).resolve("quick");
    expect((await first).value).toBe("quick");
    of(0).resolve("slow");
    expect((await results.next()).value).toBe("slow");
    expect((await results.next()).done).toBe(true);
  });

  test("concurrent calls of next() get one result each, then the end", async () => {
    const slots = new ReadSlots(1);
    const results = slots.map([1, 2], (n) => n * 10);
    const steps = await Promise.all([results.next(), results.next(), results.next(), results.next()]);
    expect(steps.map(({ done, value }) => (done ? "end" : value))).toEqual([10, 20, "end", "end"]);
    expect(slots.snapshot().held).toBe(0);
  });

  test("leaving the loop cancels the source, aborts the tasks and frees every slot", async () => {
    const slots = new ReadSlots(3);
    const { source, left } = counter();
    const signals: AbortSignal[] = [];
    for await (const n of slots.map(source, (n, signal) => {
      signals.push(signal);
      return n;
    })) {
      if (n === 1) break;
    }
    expect([left.mock.calls.length, signals.every((s) => s.aborted), slots.snapshot().held]).toEqual([
      1,
      true,
      0,
    ]);
  });

  test("the first failure surfaces once, then the end", async () => {
    const slots = new ReadSlots(2);
    const boom = new Error("boom");
    const results = slots.map([1, 2, 3], (n) => {
      if (n === 2) throw boom;
      return n;
    });
    await expect(results.next().then(() => results.next())).rejects.toBe(boom);
    expect((await results.next()).done).toBe(true);
    expect(slots.snapshot().held).toBe(0);
  });

  test("an abort rejects with the caller's reason though the source stalls", async () => {
    const stop = new AbortController();
    const slots = new ReadSlots(1);
    const stalled = new ReadableStream<number>();
    const step = slots.map(stalled, (n) => n, { signal: stop.signal }).next();
    await turns();
    stop.abort("enough");
    await expect(step).rejects.toBe("enough");
    expect(slots.snapshot().held).toBe(0);
  });

  test("a signal that has aborted before rejects the first next(), and nothing is read", async () => {
    const { source, asked, left } = counter();
    const results = new ReadSlots(1).map(source, String, { signal: AbortSignal.abort("before") });
    await expect(results.next()).rejects.toBe("before");
    expect([asked(), left.mock.calls.length]).toEqual([0, 1]);
  });

  test("a source that cannot be opened fails the first next(), and leaving before the start reads nothing", async () => {
    const stream = new ReadableStream<number>();
    const late = new ReadSlots(1).map(stream, String);
    stream.getReader();
    await expect(late.next()).rejects.toMatchObject({ code: "ERR_NOT_A_SOURCE" });
    expect((await late.next()).done).toBe(true);
    const { source, asked } = counter();
    const results = new ReadSlots(1).map(source, String);
    await results.return?.();
    expect([(await results.next()).done, asked()]).toEqual([true, 0]);
  });
});

describe("weights", () => {
  test("what an item may weigh is taken before the read, and what it does not weigh goes back at once", async () => {
    const budget = new Semaphore(10);
    const slots = new ReadSlots(budget);
    const { source, asked } = counter(4);
    const { of, task } = gates();
    const done = slots.forEach(source, task, { weight: 4, weigh: () => 2 });
    await turns();
    // 2 + 2 + 2 are held, and 4 more for the read in progress; with that item there, 8 are held, and no 4 are left.
    expect([asked(), budget.held, slots.snapshot().working]).toEqual([4, 8, 4]);
    for (const n of [0, 1, 2, 3]) of(n).resolve("");
    await done;
    expect(budget.held).toBe(0);
  });

  test("an own pool reads on with what light items leave, and without `weigh` every item weighs `weight`", async () => {
    const slots = new ReadSlots(6);
    const light = slots.forEach([1, 2, 3, 4, 5, 6, 7], async () => undefined, { weight: 2, weigh: () => 1 });
    expect(slots.snapshot()).toMatchObject({ held: 5, working: 5 });
    await light;
    const heavy = slots.forEach([1, 2, 3, 4], async () => undefined, { weight: 2 });
    expect(slots.snapshot()).toMatchObject({ held: 6, working: 3 });
    await heavy;
    expect(slots.snapshot()).toMatchObject({ held: 0, peakHeld: 6, read: 11, done: 11 });
  });

  test("room that a light item leaves is used as soon as it is there", async () => {
    const slots = new ReadSlots(4);
    const { of, task } = gates();
    const weights = [4, 1, 1, 1];
    const started: number[] = [];
    const done = slots.forEach(
      [0, 1, 2, 3],
      (n) => {
        started.push(n);
        return task(n);
      },
      { weight: 2, weigh: (n) => Math.min(2, weights[n]!) },
    );
    expect(started).toEqual([0, 1]);
    of(0).resolve("");
    await turns();
    expect(started).toEqual([0, 1, 2, 3]);
    for (const n of [1, 2, 3]) of(n).resolve("");
    await done;
  });

  test("an item that is heavier than what was reserved is an error that says so", async () => {
    const slots = new ReadSlots(8);
    const { source, left } = counter();
    const failure = slots.forEach(source, () => undefined, { weight: 4, weigh: (n) => n + 3 });
    await expect(failure).rejects.toMatchObject({
      name: "ItemTooHeavyError",
      code: "ERR_ITEM_TOO_HEAVY",
      weight: 5,
      reserved: 4,
      message: "an item weighs 5, but only 4 were reserved for each: `weight` must be the most",
    });
    expect(left).toHaveBeenCalledTimes(1);
    expect(slots.snapshot()).toMatchObject({ held: 0, read: 3, done: 2, failed: 1, working: 0 });
  });

  test("a weight that is none, and a `weigh` that throws, are failures like any other", async () => {
    const slots = new ReadSlots(4);
    const weigh = (weight: () => number) => slots.forEach([1], () => undefined, { weight: 2, weigh: weight });
    await expect(weigh(() => 0)).rejects.toMatchObject({ code: "ERR_INVALID_VALUE" });
    const boom = new Error("boom");
    const throws = weigh(() => {
      throw boom;
    });
    await expect(throws).rejects.toBe(boom);
    await expect(slots.forEach([1], () => undefined, { weight: 5 })).rejects.toMatchObject({
      code: "ERR_TOO_HEAVY",
    });
    await expect(slots.forEach([1], () => undefined, { weight: 0 })).rejects.toMatchObject({
      code: "ERR_INVALID_VALUE",
    });
    expect(slots.snapshot().held).toBe(0);
  });
});

describe("sources", () => {
  test.each<[string, () => Iterable<string> | AsyncIterable<string>]>([
    ["an array", () => ["a", "b", "c"]],
    ["a string", () => "abc"],
    ["a Set", () => new Set(["a", "b", "c"])],
    [
      "a generator",
      () =>
        (function* () {
          yield* "abc";
        })(),
    ],
    [
      "an async generator",
      () =>
        (async function* () {
          yield* "abc";
        })(),
    ],
    ["a Node Readable", () => Readable.from(["a", "b", "c"])],
    ["a web stream", () => Readable.toWeb(Readable.from(["a", "b", "c"])) as ReadableStream<string>],
  ])("%s is read to its end, in order", async (_, source) => {
    const seen: string[] = [];
    await new ReadSlots(2).forEach(source(), (item) => seen.push(item));
    const mapped: string[] = [];
    for await (const item of new ReadSlots(2).map(source(), (it) => it)) mapped.push(item);
    expect([seen, mapped]).toEqual([
      ["a", "b", "c"],
      ["a", "b", "c"],
    ]);
  });

  test("more slots than the stack is deep are no problem, also for tasks that are over at once", async () => {
    const many = Array.from({ length: 50_000 }, (_, n) => n);
    let sum = 0;
    await new ReadSlots(50_000).forEach(many, (n) => {
      sum += n;
    });
    for await (const n of new ReadSlots(50_000).map(many, (it) => it)) sum -= n;
    expect(sum).toBe(0);
    await new ReadSlots(50_000).forEach(many, () => sum++, { weigh: () => 1 });
    expect(sum).toBe(50_000);
  });

  test.each<[string, () => Iterable<number> | AsyncIterable<number>]>([
    ["when it is opened", () => ({ [Symbol.iterator]: () => fails() })],
    ["at a read", () => ({ [Symbol.iterator]: () => ({ next: fails, return: mustNotBeCalled }) })],
    [
      "with what it answers",
      () => ({
        [Symbol.iterator]: () => ({
          next: () => ({
            get done() {
              return fails();
            },
            value: 1,
          }),
          return: mustNotBeCalled,
        }),
      }),
    ],
    [
      "with what it answers later",
      () => ({
        [Symbol.asyncIterator]: () => ({
          next: async () => ({
            get done() {
              return fails();
            },
            value: 1,
          }),
          return: mustNotBeCalled,
        }),
      }),
    ],
  ])("one that throws %s is the cause", async (_, source) => {
    const slots = new ReadSlots(1);
    await expect(slots.forEach(source(), () => undefined)).rejects.toBe(thrown);
    await expect(slots.map(source(), String).next()).rejects.toBe(thrown);
    expect(slots.snapshot()).toMatchObject({ held: 0, reading: 0 });
  });

  test.each([
    ["throws", () => fails()],
    ["rejects", () => Promise.reject(thrown)],
    ["never settles", () => new Promise<never>(() => undefined)],
  ])("a `return()` that %s changes nothing", async (_, back) => {
    const source = {
      [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: 1 }), return: back }),
    };
    await expect(new ReadSlots(1).forEach(source, () => Promise.reject("why"))).rejects.toBe("why");
  });

  test("an item that comes too late is dropped, and so is a failure", async () => {
    const steps = [deferred<IteratorResult<number>>(), deferred<IteratorResult<number>>()];
    for (const step of steps) {
      const stop = new AbortController();
      const task = vi.fn();
      const slots = new ReadSlots(1);
      const source = { [Symbol.asyncIterator]: () => ({ next: () => step.promise }) };
      const done = slots.forEach(source, task, { signal: stop.signal });
      expect(slots.snapshot()).toMatchObject({ reading: 1, held: 1 });
      stop.abort("enough");
      await expect(done).rejects.toBe("enough");
      if (step === steps[0]) step.resolve({ done: false, value: 1 });
      else step.reject("late");
      await turns();
      expect(slots.snapshot()).toMatchObject({ reading: 0, held: 0, read: 0 });
      expect(task).not.toHaveBeenCalled();
    }
  });

  test("a source that aborts the reading while it is read is told to stop, and its item is dropped", async () => {
    const stop = new AbortController();
    const left = vi.fn();
    function* source() {
      try {
        yield 1;
        stop.abort("from within");
        yield 2;
      } finally {
        left();
      }
    }
    const seen: number[] = [];
    const slots = new ReadSlots(2);
    const done = slots.forEach(source(), (n) => seen.push(n), { signal: stop.signal });
    await expect(done).rejects.toBe("from within");
    expect([seen, left.mock.calls.length, slots.snapshot().held]).toEqual([[1], 1, 0]);
  });

  test("a slot that comes when the reading has stopped goes on to the next in line", async () => {
    const shared = new Semaphore(1);
    const holder = await shared.acquire();
    const stop = new AbortController();
    const done = new ReadSlots(shared).forEach([1], () => undefined, { signal: stop.signal });
    const next = shared.acquire();
    holder.release();
    stop.abort("enough");
    await expect(done).rejects.toBe("enough");
    expect((await next).released).toBe(false);
  });

  test("a shared semaphore serves readings and others in turn, and a new capacity is used at once", async () => {
    const shared = new Semaphore(1);
    const slots = new ReadSlots(shared);
    const { of, task } = gates();
    const done = slots.forEach([0, 1, 2, 3], task);
    const other = shared.acquire();
    of(0).resolve("");
    await turns();
    expect(slots.snapshot()).toMatchObject({ working: 1, waiting: 2 });
    of(1).resolve("");
    (await other).release();
    await turns();
    expect(slots.snapshot()).toMatchObject({ working: 1, read: 3 });
    shared.resize(2);
    await turns();
    expect(slots.snapshot()).toMatchObject({ working: 2, read: 4 });
    for (const n of [2, 3]) of(n).resolve("");
    await done;
  });

  test("two readings share the slots of one pool, and both finish with one slot", async () => {
    const slots = new ReadSlots(1);
    const seen: number[] = [];
    const see = async (n: number) => void seen.push(n);
    await Promise.all([slots.forEach([1, 2, 3], see), slots.forEach([10, 20, 30], see)]);
    expect(seen.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 10, 20, 30]);
    expect(slots.snapshot()).toMatchObject({ peakHeld: 1, held: 0, waiting: 0 });
  });

  test("no listener stays on the signal", async () => {
    const { signal } = new AbortController();
    const add = vi.spyOn(signal, "addEventListener");
    const remove = vi.spyOn(signal, "removeEventListener");
    await new ReadSlots(2).forEach([1, 2], () => undefined, { signal });
    for await (const _ of new ReadSlots(2).map([1, 2], String, { signal }));
    expect(remove.mock.calls).toEqual(add.mock.calls);
  });
});

describe("a source that was opened", () => {
  test("reads with the async iterator of what has both", async () => {
    const both = Object.assign(counter(1).source, { [Symbol.iterator]: mustNotBeCalled });
    expect(await openSource(both).next()).toEqual({ done: false, value: 0 });
  });

  test.each([
    [new Error("why"), (why: unknown) => why],
    ["why", () => null],
  ])("that is a Node Readable is destroyed with %o if that is an error", async (why, errored) => {
    const readable = new Readable({ read() {} });
    openSource(readable).cancel(why);
    expect([readable.destroyed, readable.errored]).toEqual([true, errored(why)]);
    await turns();
  });

  test("that only looks like a Node Readable is asked to return, and nothing else", async () => {
    for (const lacking of ["destroy", "on", "pipe"]) {
      const back = vi.fn();
      const alike = {
        [Symbol.iterator]: () => ({ next: () => ({ done: true, value: undefined }), return: back }),
        destroy: mustNotBeCalled,
        on: mustNotBeCalled,
        pipe: mustNotBeCalled,
        [lacking]: true,
      };
      openSource(alike as Iterable<never>).cancel("why");
      await turns();
      expect(back).toHaveBeenCalledTimes(1);
    }
  });

  test("is asked to return later, as a generator that runs could not", async () => {
    const { source, left } = counter();
    openSource(source).cancel("why");
    expect(left).not.toHaveBeenCalled();
    await turns();
    expect(left).toHaveBeenCalledTimes(1);
  });

  test("that cannot return, or fails to be cancelled, bothers nobody", async () => {
    openSource([1]).cancel("why");
    const web = new ReadableStream({ cancel: () => Promise.reject(thrown) });
    openSource(web).cancel("why");
    await turns();
  });
});

test("a reading that holds all slots itself stands in no line, and others do", async () => {
  const slots = new ReadSlots(4);
  const { of, task } = gates();
  const light = slots.forEach([0, 1, 2, 3], task, { weight: 2, weigh: () => 1 });
  expect(slots.snapshot()).toMatchObject({ held: 3, waiting: 0, working: 3 });
  of(0).resolve("");
  await turns();
  expect(slots.snapshot()).toMatchObject({ held: 3, waiting: 0, working: 3, read: 4 });
  const other = slots.forEach([4], task, { weight: 2 });
  expect(slots.snapshot()).toMatchObject({ held: 3, waiting: 1 });
  for (const n of [1, 2, 3, 4]) of(n).resolve("");
  await Promise.all([light, other]);
  expect(slots.snapshot()).toMatchObject({ held: 0, waiting: 0, done: 5 });
});

describe("snapshot", () => {
  test("says what is read, worked on, ready, done and failed", async () => {
    const slots = new ReadSlots(3);
    const { source } = counter(5);
    const { of, task } = gates();
    const results = slots.map(source, task);
    const first = results.next();
    await turns();
    of(1).resolve("b");
    await turns();
    expect(slots.snapshot()).toMatchObject({
      reading: 0,
      working: 2,
      ready: 1,
      read: 3,
      done: 1,
      failed: 0,
      held: 3,
    });
    of(0).resolve("a");
    await first;
    await turns();
    expect(slots.snapshot()).toMatchObject({ working: 1, ready: 1, done: 2 });
    of(2).reject("boom");
    await turns();
    expect(slots.snapshot()).toMatchObject({ working: 0, ready: 0, read: 3, done: 2, failed: 1, held: 1 });
    await expect(results.next()).rejects.toBe("boom");
    expect(slots.snapshot()).toMatchObject({ held: 0, capacity: 3, name: "read slots", adaptive: undefined });
  });

  test("leaving drops what is ready", async () => {
    const slots = new ReadSlots(3);
    const results = slots.map(counter(5).source, String, { ordered: false });
    await results.next();
    await turns();
    expect(slots.snapshot()).toMatchObject({ ready: 2, held: 3 });
    await results[Symbol.asyncDispose]();
    expect(slots.snapshot()).toMatchObject({ ready: 0, held: 0, working: 0 });
    expect(results[Symbol.asyncIterator]()).toBe(results);
  });
});

test("leaving when everything has been worked on frees what nobody has taken", async () => {
  const slots = new ReadSlots(3);
  for await (const first of slots.map([1, 2], async (n) => n)) {
    await turns();
    expect([first, slots.snapshot()]).toMatchObject([1, { ready: 1, held: 2 }]);
    break;
  }
  expect(slots.snapshot()).toMatchObject({ ready: 0, held: 0 });
});

test("leaving frees what was handed out at once, waits for the tasks, and ends every next() that is pending", async () => {
  const slots = new ReadSlots(3);
  const { of, task } = gates();
  const results = slots.map(counter().source, task);
  const first = results.next();
  of(0).resolve("a");
  await first;
  await turns();
  const pending = results.next();
  await turns();
  expect(slots.snapshot()).toMatchObject({ held: 3, working: 3, waiting: 0 });
  of(2).resolve("c");
  of(1).resolve("b");
  expect(await pending).toEqual({ done: false, value: "b" });
  const both = [results.next(), results.next()];
  expect(await both[0]).toEqual({ done: false, value: "c" });
  await turns();
  expect(slots.snapshot()).toMatchObject({ held: 3, working: 3, ready: 0 });
  const ended = vi.fn();
  const left = results.return?.().then(ended);
  await turns();
  expect(slots.snapshot()).toMatchObject({ held: 3, working: 3 });
  expect(ended).not.toHaveBeenCalled();
  for (const n of [3, 4, 5]) of(n).reject("too late");
  expect(await both[1]).toEqual({ done: true, value: undefined });
  await left;
  expect(slots.snapshot()).toMatchObject({ held: 0, working: 0, ready: 0, failed: 3 });
});

test("leaving gives the slot of the last result back before anybody has settled", async () => {
  const slots = new ReadSlots(2);
  const { of, task } = gates();
  const results = slots.map([0, 1], task);
  const first = results.next();
  of(0).resolve("a");
  await first;
  await turns();
  expect(slots.snapshot().held).toBe(2);
  const left = results.return?.();
  expect(slots.snapshot().held).toBe(1);
  of(1).resolve("b");
  await left;
  expect(slots.snapshot()).toMatchObject({ held: 0, ready: 0 });
});

test("a failure after the end of the source does not ask it to return", async () => {
  const { source, left } = counter(1);
  const { of, task } = gates();
  const done = new ReadSlots(2).forEach(source, task);
  await turns();
  of(0).reject("boom");
  await expect(done).rejects.toBe("boom");
  await turns();
  expect(left).not.toHaveBeenCalled();
});

test("who asks while somebody leaves hears of the end, and starts nothing", async () => {
  const { source, asked } = counter();
  const results = new ReadSlots(1).map(source, String);
  const left = results.return?.();
  expect((await results.next()).done).toBe(true);
  expect([(await left)?.done, asked()]).toEqual([true, 0]);
});

test("results that somebody else has asked for already free their slot at once, and reading goes on", async () => {
  const slots = new ReadSlots(1);
  const { of, task } = gates();
  const results = slots.map([0, 1], task);
  const both = [results.next(), results.next()];
  await turns();
  of(0).resolve("a");
  await turns();
  expect(slots.snapshot()).toMatchObject({ read: 2, working: 1 });
  of(1).resolve("b");
  expect((await Promise.all(both)).map(({ value }) => value)).toEqual(["a", "b"]);
  expect(await results.return?.()).toEqual({ done: true, value: undefined });
});

describe("what makes no sense is refused at the door", () => {
  test.each([
    Number.NaN,
    0,
    1.5,
    -1,
    Number.POSITIVE_INFINITY,
    "4",
    null,
    undefined,
    {},
    { acquire() {} },
    { tryAcquire() {} },
  ])("%o slots", (slots) => {
    const refusal = {
      code: "ERR_INVALID_VALUE",
      what: "slots",
      expected: "a safe integer of at least 1, or a Semaphore",
    };
    expect(() => new ReadSlots(slots as never)).toThrow(expect.objectContaining(refusal));
  });

  const locked = new ReadableStream();
  locked.getReader();
  test.each([
    [null, "[object Null]"],
    [undefined, "[object Undefined]"],
    [7, "[object Number]"],
    [{}, "[object Object]"],
    [locked, "a ReadableStream that is locked to a reader"],
  ])("the source %o", async (source, got) => {
    const refusal = {
      name: "NotASourceError",
      code: "ERR_NOT_A_SOURCE",
      value: source,
      message: `source must be an iterable, an async iterable, a Node Readable or a web ReadableStream, got ${got}`,
    };
    await expect(new ReadSlots(1).forEach(source as never, () => 1)).rejects.toMatchObject(refusal);
    expect(() => new ReadSlots(1).map(source as never, () => 1)).toThrow(expect.objectContaining(refusal));
  });

  test("a source whose iterator is no function", async () => {
    const source = { [Symbol.iterator]: 1 };
    const failure = new ReadSlots(1).forEach(source as never, () => 1).catch(({ code }) => code);
    expect(await failure).toBe("ERR_NOT_A_SOURCE");
  });

  test.each([
    ["task", "run", undefined, "a function"],
    ["options", () => 1, null, "an object"],
    ["options", () => 1, 4, "an object"],
    ["signal", () => 1, { signal: {} }, "an AbortSignal"],
    ["signal", () => 1, { signal: null }, "an AbortSignal"],
    ["weigh", () => 1, { weigh: 2 }, "a function"],
    ["ordered", () => 1, { ordered: "yes" }, "a boolean"],
  ])("a wrong %s", async (what, task, options, expected) => {
    const refusal = { code: "ERR_INVALID_VALUE", what, expected };
    const slots = new ReadSlots(1);
    await expect(slots.forEach([1], task as never, options as never)).rejects.toMatchObject(refusal);
    expect(() => slots.map([1], task as never, options as never)).toThrow(expect.objectContaining(refusal));
  });

  test.each([
    ["open", "fetch", undefined, "a function"],
    ["until", () => new Response("a"), { until: "body" }, '"end" or "headers"'],
    ["options", () => new Response("a"), null, "an object"],
  ])("a wrong %s of `open`", async (what, open, options, expected) => {
    const opening = new ReadSlots(1).open(open as never, options as never);
    await expect(opening).rejects.toMatchObject({ code: "ERR_INVALID_VALUE", what, expected });
  });
});

describe("open", () => {
  test("keeps a slot until the stream has ended", async () => {
    const slots = new ReadSlots(1);
    const first = await slots.open(() => new Response("a"));
    const second = slots.open(() => new Response("b"));
    expect(slots.snapshot()).toMatchObject({ held: 1, waiting: 1 });
    await first.text();
    expect(await (await second).text()).toBe("b");
    expect(slots.snapshot().held).toBe(0);
  });

  test("keeps it until the response is there with `until: headers`, and takes as much as `weight` says", async () => {
    const slots = new ReadSlots(3);
    const there = deferred<Response>();
    const opening = slots.open(() => there.promise, { until: "headers", weight: 2 });
    expect(slots.snapshot().held).toBe(2);
    const response = new Response("a");
    there.resolve(response);
    expect(await opening).toBe(response);
    expect(slots.snapshot().held).toBe(0);
    await slots.open(() => new Response("b"), { weight: 3 });
    expect(slots.snapshot().held).toBe(3);
  });

  test("gives up waiting by signal or timeout, and frees the slot if nothing could be opened", async () => {
    const slots = new ReadSlots(1);
    await expect(slots.open(() => Promise.reject("down"))).rejects.toBe("down");
    await slots.open(() => new Response("a"));
    const open = vi.fn(() => new Response("b"));
    for (const until of ["end", "headers"] as const) {
      const stop = new AbortController();
      const waiting = slots.open(open, { until, signal: stop.signal });
      await turns();
      stop.abort("enough");
      await expect(waiting).rejects.toBe("enough");
      await expect(slots.open(open, { until, timeout: 0 })).rejects.toMatchObject({
        code: "ERR_WAIT_TIMEOUT",
      });
    }
    expect(open).not.toHaveBeenCalled();
  });

  test("holds streaming bodies at one, where p-limit(1) lets eight of eight stream at once", async () => {
    let streaming = 0;
    let most = 0;
    const get = async () => {
      most = Math.max(most, ++streaming);
      const body = new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            controller.enqueue(new Uint8Array(8));
            controller.close();
            streaming--;
          },
        },
        { highWaterMark: 0 },
      );
      return new Response(body);
    };
    const eight = Array.from({ length: 8 });

    const limit = pLimit(1);
    const limited = await Promise.all(eight.map(() => limit(get)));
    expect([most, streaming]).toEqual([8, 8]);
    await Promise.all(limited.map((response) => response.text()));

    most = 0;
    const slots = new ReadSlots(1);
    const texts = await Promise.all(eight.map(async () => (await slots.open(get)).text()));
    expect([most, streaming, texts.length]).toEqual([1, 0, 8]);
  });
});

const thrown = new Error("thrown by the source");
const fails = (): never => {
  throw thrown;
};
const mustNotBeCalled = (): never => expect.unreachable("an iterator that has thrown is not asked to return");
