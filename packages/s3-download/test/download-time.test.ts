import { digestOf, faulty, hang, MemoryStore } from "@sluice/object-store";
import { type DownloadEvent, download } from "@sluice/s3-download";
import { MemoryBudget, Semaphore } from "@sluice/semaphore";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { at, bytes, drain, metered } from "./metered.js";

let memory: MemoryStore;
beforeEach(async () => {
  vi.useFakeTimers();
  memory = new MemoryStore();
  await memory.put(at, bytes(100));
});
afterEach(() => {
  vi.useRealTimers();
});

const unread = { code: "ERR_UNREAD", idleTimeout: 60_000 };

describe("a body that nobody reads", () => {
  test("is given up after a minute: its request is stopped, and everything is given back", async () => {
    const { store, meter } = metered(memory);
    const budget = new MemoryBudget(100);
    const window = new Semaphore(4);
    const { body } = await download(store, at, { rangeSize: 20, budget, window });
    expect([budget.held, window.held, meter.open]).toEqual([20, 1, 1]);
    await vi.advanceTimersByTimeAsync(59_999);
    expect(budget.held).toBe(20);
    // Looked at every quarter, so a quarter late at the most.
    await vi.advanceTimersByTimeAsync(15_001);
    expect([budget.held, window.held, meter.open]).toEqual([0, 0, 0]);
    await expect(drain(body)).rejects.toMatchObject(unread);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is not given up if it is read now and then", async () => {
    const { body } = await download(metered(memory, { cut: () => 10 }).store, at);
    const reader = body.getReader();
    for (let n = 0; n < 10; n++) {
      await vi.advanceTimersByTimeAsync(59_000);
      expect((await reader.read()).value).toHaveLength(10);
    }
    expect((await reader.read()).done).toBe(true);
  });

  test("is not given up with an infinite time, and costs no timer then", async () => {
    const { body } = await download(memory, at, { idleTimeout: Number.POSITIVE_INFINITY });
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(2 ** 31);
    expect(await drain(body)).toHaveLength(100);
  });

  test("harms no other request of the store", async () => {
    const { store, meter } = metered(memory, { cut: () => 10 });
    const budget = new MemoryBudget(200);
    const left = await download(store, at, { budget, rangeSize: 20 });
    const other = (await download(store, at, { budget, rangeSize: 20 })).body.getReader();
    let read = 0;
    for (let n = 0; n < 5; n++) {
      read += (await other.read()).value?.length ?? 0;
      await vi.advanceTimersByTimeAsync(20_000);
    }
    await expect(drain(left.body)).rejects.toMatchObject(unread);
    for (;;) {
      const { done, value } = await other.read();
      if (done) break;
      read += value.length;
    }
    expect(read).toBe(100);
    expect([budget.held, meter.open]).toEqual([0, 0]);
  });
});

test("a reader that stops for good in the middle loses the body, with all that was read ahead", async () => {
  const { store, meter } = metered(memory, { cut: () => 10 });
  const budget = new MemoryBudget(100);
  const reader = (await download(store, at, { rangeSize: 20, budget, idleTimeout: 1000 })).body.getReader();
  await reader.read();
  await vi.advanceTimersByTimeAsync(900);
  expect(budget.held).toBe(80);
  await vi.advanceTimersByTimeAsync(400);
  expect([budget.held, meter.open]).toEqual([0, 0]);
  await expect(reader.read()).rejects.toMatchObject({ code: "ERR_UNREAD" });
  await expect(reader.closed).rejects.toMatchObject({ code: "ERR_UNREAD" });
});

test("a reader that waits for the budget, or for a slow store, is not one that does not read", async () => {
  const budget = new MemoryBudget(20);
  const { body } = await download(memory, at, { rangeSize: 20, budget, idleTimeout: 1000 });
  const reader = body.getReader();
  await reader.read();
  const other = await budget.acquire(20);
  const next = reader.read();
  await vi.advanceTimersByTimeAsync(10_000);
  other.release();
  expect((await next).value).toHaveLength(20);
  await reader.cancel();
  expect(budget.held).toBe(0);
});

test.each(["read to its end", "cancelled", "aborted", "failed", "refused"])(
  "a download that is %s leaves no timer",
  async (how) => {
    const stop = new AbortController();
    if (how === "refused") {
      await expect(download(memory, { ...at, key: "none" })).rejects.toMatchObject({ code: "NoSuchKey" });
      return expect(vi.getTimerCount()).toBe(0);
    }
    const { body } = await download(memory, at, { rangeSize: 20, signal: stop.signal });
    expect(vi.getTimerCount()).toBe(1);
    if (how === "failed") await memory.put(at, bytes(50));
    if (how === "cancelled") await body.cancel();
    if (how === "aborted") stop.abort();
    if (how === "read to its end") await drain(body);
    else if (how !== "cancelled") await expect(drain(body)).rejects.toBeDefined();
    expect(vi.getTimerCount()).toBe(0);
  },
);

test("a download of many chunks has one timer", async () => {
  const interval = vi.spyOn(globalThis, "setInterval");
  const timeout = vi.spyOn(globalThis, "setTimeout");
  const { store } = metered(memory, { cut: () => 1 });
  await drain((await download(store, at, { rangeSize: 30 })).body);
  expect([interval.mock.calls.length, timeout.mock.calls.length]).toEqual([1, 0]);
});

test("a HEAD that is not answered is made anew, and one that only tells a size is done without", async () => {
  const value = Buffer.from(await digestOf("crc32", bytes(100))).toString("base64");
  await memory.put(at, bytes(100), { checksum: { algorithm: "crc32", value } });
  const store = faulty(memory, [hang("head", 1)]);
  const options = {
    idleTimeout: 1000,
    retry: { baseDelay: 0 },
    rangeSize: 50,
    integrity: "require",
  } as const;
  const all = download(store, at, options).then(({ body }) => drain(body));
  await vi.advanceTimersByTimeAsync(1300);
  expect(await all).toHaveLength(100);

  const silent = faulty(memory, [hang("head", 1)]);
  const refused = expect(
    download(silent, at, { idleTimeout: 1000, range: { start: 100 } }),
  ).rejects.toMatchObject({ code: "ERR_RANGE_BEYOND_END", size: undefined });
  await vi.advanceTimersByTimeAsync(1300);
  await refused;
  expect(vi.getTimerCount()).toBe(0);
});

test("a store that stalls is told of, and the retry that follows has the stall as its cause", async () => {
  let chunks = 0;
  const { store } = metered(memory, {
    cut: () => 10,
    turn: (what) => (what === "chunk" && ++chunks === 3 ? new Promise(() => {}) : Promise.resolve()),
  });
  const seen: DownloadEvent[] = [];
  const options = { idleTimeout: 1000, retry: { baseDelay: 0 }, onEvent: (e: DownloadEvent) => seen.push(e) };
  const { body } = await download(store, at, options);
  const all = drain(body);
  await vi.advanceTimersByTimeAsync(1300);
  expect(await all).toHaveLength(100);
  expect(seen.map(({ type }) => type)).toEqual(["begun", "stalled", "retry", "range", "done"]);
  expect(seen[2]).toMatchObject({ start: 20, end: 99, attempt: 1, delay: 0, code: "ERR_STALLED" });
});
