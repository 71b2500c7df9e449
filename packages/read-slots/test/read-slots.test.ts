import { Readable } from "node:stream";
import { ReadSlots } from "@sluice/read-slots";
import { Semaphore } from "@sluice/semaphore";
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

test("open keeps a slot until the stream has ended", async () => {
  const slots = new ReadSlots(1);
  const first = await slots.open(() => new Response("a"));
  const second = slots.open(() => new Response("b"));
  expect(slots.snapshot()).toMatchObject({ held: 1, waiting: 1 });
  await first.text();
  expect(await (await second).text()).toBe("b");
  expect(slots.snapshot().held).toBe(0);
});
