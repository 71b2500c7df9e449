import { AdaptiveSemaphore, ReadSlots } from "@sluice/read-slots";
import { describe, expect, test, vi } from "vitest";

const slow = Object.assign(new Error("busy"), { code: "SlowDown" });
const fail = (cause: unknown) => () => Promise.reject(cause);

/** As many works at once as the limit allows, which end well. */
const roundTrip = async (limit: AdaptiveSemaphore) => {
  const works = Array.from({ length: limit.capacity }, () => limit.use(1, async () => undefined));
  await Promise.all(works);
};

test("it begins at 10, or at the bound that is next to it, or where it is told to", () => {
  const starts = [{ max: 64 }, { max: 4 }, { min: 20, max: 64 }, { max: 64, start: 30 }].map(
    (options) => new AdaptiveSemaphore(options).capacity,
  );
  expect(starts).toEqual([10, 4, 20, 30]);
});

test("a round trip in full use raises the limit by one, up to the ceiling", async () => {
  const limit = new AdaptiveSemaphore({ max: 4, start: 2 });
  await roundTrip(limit);
  expect(limit.snapshot()).toMatchObject({ capacity: 3, raises: 1, cuts: 0, min: 1, max: 4 });
  expect(limit.snapshot().last).toEqual({ from: 2, to: 3, why: "2 works ended well, in full use" });
  await roundTrip(limit);
  await roundTrip(limit);
  expect(limit.snapshot()).toMatchObject({ capacity: 4, raises: 2 });
});

test("who never uses all of it gets no more of it", async () => {
  const limit = new AdaptiveSemaphore({ max: 4, start: 2 });
  for (let n = 0; n < 10; n++) await limit.use(1, () => undefined);
  expect(limit.capacity).toBe(2);
  // All of it, but once only: that is worth one more, and no further ones.
  await limit.use(2, () => undefined);
  for (let n = 0; n < 10; n++) await limit.use(1, () => undefined);
  expect(limit.capacity).toBe(3);
});

test("full use counts if it was seen when a work began, or when it ended", async () => {
  const began = new AdaptiveSemaphore({ max: 4, start: 2 });
  const holder = await began.acquire(2);
  const works = [gate(), gate()];
  const done = works.map(({ promise }) => began.observe(() => promise));
  holder.release();
  for (const { resolve } of works) resolve(undefined);
  await Promise.all(done);
  expect(began.capacity).toBe(3);

  const ended = new AdaptiveSemaphore({ max: 4, start: 2 });
  const work = gate();
  const first = ended.observe(() => work.promise);
  const late = await ended.acquire(2);
  work.resolve(undefined);
  await first;
  late.release();
  await ended.observe(() => undefined);
  expect(ended.capacity).toBe(3);
});

test("after a raise the count begins anew", async () => {
  const limit = new AdaptiveSemaphore({ max: 8, start: 2 });
  await roundTrip(limit);
  for (let n = 0; n < 2; n++) await limit.use(3, () => undefined);
  expect(limit.capacity).toBe(3);
  await limit.use(1, () => undefined);
  expect(limit.capacity).toBe(4);
  expect(limit.snapshot().last?.why).toBe("3 works ended well, in full use");
});

test("at the ceiling nothing counts", async () => {
  const limit = new AdaptiveSemaphore({ max: 2, start: 2 });
  for (let n = 0; n < 4; n++) await roundTrip(limit);
  expect(limit.snapshot()).toMatchObject({ capacity: 2, raises: 0, last: undefined });
  limit.resize(1);
  await limit.use(1, () => undefined);
  expect(limit.snapshot()).toMatchObject({ capacity: 2, raises: 1 });
});

test("a slow down leaves 0.7 of the limit, or what `backoff` says, one less at least, and never less than the floor", async () => {
  const cut = async (options: ConstructorParameters<typeof AdaptiveSemaphore>[0]) => {
    const limit = new AdaptiveSemaphore(options);
    await limit.use(1, fail(slow)).catch(() => undefined);
    return limit.capacity;
  };
  expect(await cut({ max: 64, start: 20 })).toBe(14);
  expect(await cut({ max: 64, start: 20, backoff: 0.5 })).toBe(10);
  expect(await cut({ max: 64, start: 2, backoff: 0.9 })).toBe(1);
  expect(await cut({ max: 64, start: 3, backoff: 1 - Number.EPSILON / 2 })).toBe(2);
  expect(await cut({ max: 64, min: 18, start: 20 })).toBe(18);
});

test("a burst of slow downs from one overload cuts once, and what was begun before the cut raises nothing", async () => {
  const limit = new AdaptiveSemaphore({ max: 64, start: 10 });
  const held = await limit.acquire(10);
  const gates = Array.from({ length: 30 }, () => gate());
  const works = gates.map(({ promise }) => limit.observe(() => promise).catch(() => undefined));
  for (const { reject } of gates.slice(0, 5)) reject(slow);
  for (const { resolve } of gates.slice(5)) resolve(undefined);
  await Promise.all(works);
  expect(limit.snapshot()).toMatchObject({ capacity: 7, cuts: 1, raises: 0 });
  await limit.observe(fail(slow)).catch(() => undefined);
  expect(limit.snapshot()).toMatchObject({ capacity: 4, cuts: 2 });
  held.release();
});

test("at the floor there is nothing to cut, but what counted for a raise is forgotten", async () => {
  const limit = new AdaptiveSemaphore({ min: 2, max: 3 });
  limit.resize(2);
  const held = await limit.acquire(2);
  await limit.observe(() => undefined);
  await limit.observe(fail(slow)).catch(() => undefined);
  await limit.observe(() => undefined);
  expect(limit.snapshot()).toMatchObject({ capacity: 2, cuts: 0, raises: 0 });
  await limit.observe(() => undefined);
  expect(limit.snapshot()).toMatchObject({ capacity: 3, raises: 1 });
  held.release();
});

test("other failures say nothing about the limit", async () => {
  const limit = new AdaptiveSemaphore({ max: 4, start: 1 });
  const boom = new Error("boom");
  await expect(limit.use(1, fail(boom))).rejects.toBe(boom);
  expect(limit.snapshot()).toMatchObject({ capacity: 1, raises: 0, cuts: 0, last: undefined });
});

describe("unless told otherwise, a slow down is", () => {
  const after = async (outcome: unknown) => {
    const limit = new AdaptiveSemaphore({ max: 10 });
    const held = await limit.acquire(10);
    await limit.observe(() => outcome);
    held.release();
    return limit.snapshot();
  };

  test.each([
    { slowDown: true },
    { code: "SlowDown" },
    { name: "SlowDown" },
    { status: 429 },
    { status: 503 },
  ])("%o", async (outcome) => {
    const { cuts, last } = await after(outcome);
    expect([cuts, last?.why]).toEqual([1, "told to slow down: by a result"]);
  });

  test.each([undefined, null, "SlowDown", 503, {}, { slowDown: 1 }, { status: 200 }, { code: "X" }])(
    "not %o",
    async (outcome) => {
      const defer = vi.spyOn(globalThis, "queueMicrotask");
      expect((await after(outcome)).cuts).toBe(0);
      expect(defer).not.toHaveBeenCalled();
      defer.mockRestore();
    },
  );
});

test("what a slow down is can be told, and the result reaches the caller", async () => {
  const limit = new AdaptiveSemaphore({ max: 10, slowsDown: (outcome) => outcome === "later" });
  expect(await limit.use(1, () => "later")).toBe("later");
  await limit.use(1, fail(slow)).catch(() => undefined);
  expect(limit.snapshot()).toMatchObject({ cuts: 1, capacity: 7 });
});

test("a long message is cut off in the snapshot", async () => {
  const limit = new AdaptiveSemaphore({ max: 10 });
  const wordy = Object.assign(new Error("x".repeat(1_000)), { slowDown: true });
  await limit.use(1, fail(wordy)).catch(() => undefined);
  expect(limit.snapshot().last?.why).toBe(`told to slow down: Error: ${"x".repeat(113)}`);
});

test("a `slowsDown` that throws takes nobody's place, and surfaces as the bug that it is", async () => {
  const bug = new Error("bug");
  const bugs: unknown[] = [];
  const defer = vi.spyOn(globalThis, "queueMicrotask").mockImplementation((later) => {
    try {
      later();
    } catch (error) {
      bugs.push(error);
    }
  });
  const limit = new AdaptiveSemaphore({
    max: 10,
    slowsDown: () => {
      throw bug;
    },
  });
  await expect(limit.use(1, fail(slow))).rejects.toBe(slow);
  expect(await limit.use(1, () => "fine")).toBe("fine");
  defer.mockRestore();
  expect([bugs, limit.snapshot().cuts]).toEqual([[bug, bug], 0]);
});

test("the limit can be set by hand, between its bounds", () => {
  const limit = new AdaptiveSemaphore({ min: 2, max: 8, name: "store" });
  limit.resize(5);
  expect(limit.snapshot()).toMatchObject({
    name: "store",
    capacity: 5,
    last: { from: 8, to: 5, why: "set by hand" },
  });
  for (const good of [2, 8]) {
    limit.resize(good);
    expect(limit.capacity).toBe(good);
  }
  for (const bad of [1, 9, 2.5]) {
    expect(() => limit.resize(bad)).toThrow(`capacity must be a safe integer from 2 to 8, got ${bad}`);
  }
});

test.each([
  [undefined, "options must be an object with `max`, got undefined"],
  [null, "options must be an object with `max`, got null"],
  [{}, "max must be a safe integer of at least 1, got undefined"],
  [{ max: 0 }, "max must be a safe integer of at least 1, got 0"],
  [{ max: 4, min: 0 }, "min must be a safe integer of at least 1, got 0"],
  [{ max: 4, min: 5 }, "max must be a safe integer of at least 5, got 4"],
  [{ max: 4, start: 5 }, "start must be a safe integer from 1 to 4, got 5"],
  [{ max: 4, backoff: 0 }, "backoff must be a number above 0 and below 1, got 0"],
  [{ max: 4, backoff: 1 }, "backoff must be a number above 0 and below 1, got 1"],
  [{ max: 4, backoff: Number.NaN }, "backoff must be a number above 0 and below 1, got NaN"],
  [{ max: 4, slowsDown: true }, "slowsDown must be a function, got true"],
  [{ max: 4, maxWaiting: -1 }, "maxWaiting must be a safe integer of at least 0, got -1"],
])("%o is refused with ERR_INVALID_VALUE", (options, message) => {
  const make = () => new AdaptiveSemaphore(options as never);
  expect(make).toThrow(expect.objectContaining({ code: "ERR_INVALID_VALUE", message }));
});

describe("read slots with an adaptive semaphore", () => {
  test("learn from their tasks: they grow in full use, and a slow down that a task returns is passed on", async () => {
    const limit = new AdaptiveSemaphore({ max: 8, start: 2 });
    const slots = new ReadSlots(limit);
    await slots.forEach(Array.from({ length: 100 }).keys(), async () => undefined);
    expect(slots.snapshot()).toMatchObject({ capacity: 8, adaptive: { raises: 6, cuts: 0 } });
    const verdicts: unknown[] = [];
    const verdict = { slowDown: true };
    for await (const result of slots.map([1], async () => verdict)) verdicts.push(result);
    expect(verdicts).toEqual([verdict]);
    expect(slots.snapshot().adaptive).toMatchObject({ cuts: 1, last: { from: 8, to: 5 } });
  });

  test("a task that fails with a slow down cuts the limit, and is the cause", async () => {
    const slots = new ReadSlots(new AdaptiveSemaphore({ max: 10 }));
    await expect(slots.forEach([1], fail(slow))).rejects.toBe(slow);
    expect(slots.snapshot().adaptive?.cuts).toBe(1);
  });

  test.each(["end", "headers"] as const)(
    "a response that asks to slow down is heard once, until its %s",
    async (until) => {
      const slots = new ReadSlots(new AdaptiveSemaphore({ max: 10 }));
      const response = await slots.open(async () => new Response("busy", { status: 503 }), { until });
      expect(slots.snapshot().adaptive).toMatchObject({ cuts: 1, last: { from: 10, to: 7 } });
      await response.text();
      expect(slots.snapshot().held).toBe(0);
    },
  );
});

function gate() {
  let resolve!: (value: unknown) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
