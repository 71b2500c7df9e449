import { failOnce, faulty, MemoryStore, StoreError } from "@sluice/object-store";
import { AdaptiveSemaphore } from "@sluice/read-slots";
import { type DownloadEvent, download } from "@sluice/s3-download";
import { MemoryBudget, Semaphore } from "@sluice/semaphore";
import { beforeEach, describe, expect, test } from "vitest";
import { at, bytes, drain, metered } from "./metered.js";

let memory: MemoryStore;
beforeEach(async () => {
  memory = new MemoryStore();
  await memory.put(at, bytes(400));
});

const turns = async (count = 200) => {
  for (let i = 0; i < count; i++) await Promise.resolve();
};

describe("a window that downloads share", () => {
  test("bounds what all of them have asked for and not read", async () => {
    const window = new Semaphore(3);
    const { store, meter } = metered(memory, { cut: () => 5 });
    const readers = [];
    for (let n = 0; n < 3; n++) {
      readers.push((await download(store, at, { rangeSize: 20, window })).body.getReader());
    }
    const fourth = download(store, at, { rangeSize: 20, window });
    await Promise.all(readers.map((reader) => reader.read()));
    await turns();
    expect(meter.mostOpen).toBe(3);
    for (const reader of readers) await reader.cancel();
    expect(await drain((await fourth).body)).toHaveLength(400);
    expect(window.snapshot()).toMatchObject({ held: 0, waiting: 0, peakHeld: 3 });
  });

  test("lets all of them come to their end, though it has one slot only", async () => {
    const window = new Semaphore(1);
    const all = await Promise.all(
      Array.from({ length: 4 }, async () =>
        drain((await download(memory, at, { rangeSize: 30, window })).body),
      ),
    );
    expect(all.map(({ length }) => length)).toEqual([400, 400, 400, 400]);
    expect(window.held).toBe(0);
  });

  test("gets its slot back from who is stopped while it waits for the budget", async () => {
    const window = new Semaphore(2);
    const budget = new MemoryBudget(30);
    const { body } = await download(memory, at, { rangeSize: 30, window, budget });
    const reader = body.getReader();
    await reader.read();
    const other = await budget.acquire(30);
    const next = reader.read();
    await turns();
    expect([window.held, budget.waiting]).toEqual([1, 1]);
    await reader.cancel();
    await next;
    await turns();
    expect([window.held, budget.waiting]).toEqual([0, 0]);
    other.release();
  });

  test("that is closed fails the download with what the semaphore says", async () => {
    const window = new Semaphore(1);
    const { body } = await download(memory, at, { rangeSize: 30, window });
    window.close("the end");
    await expect(drain(body)).rejects.toMatchObject({ code: "ERR_CLOSED", cause: "the end" });
    expect(window.held).toBe(0);
  });
});

const busy = () => new StoreError("SlowDown", "not so fast", { status: 503 });

describe("an adaptive window", () => {
  test("is cut when the store says slow down, once for all, and the download goes on", async () => {
    const window = new AdaptiveSemaphore({ max: 20, start: 10 });
    const store = faulty(memory, [
      { on: "get", when: ({ nth }) => nth > 2 && nth < 7, do: "fail", error: busy },
    ]);
    const options = { rangeSize: 10, window, retry: { baseDelay: 0 } };
    expect(await drain((await download(store, at, options)).body)).toHaveLength(400);
    expect(window.snapshot()).toMatchObject({ cuts: 1, held: 0 });
    expect(window.facts().last?.why).toBeDefined();
  });

  test("hears of a slow down of the very first request", async () => {
    const window = new AdaptiveSemaphore({ max: 20, start: 10 });
    const store = faulty(memory, [failOnce("get", busy())]);
    await (await download(store, at, { rangeSize: 10, window, retry: { baseDelay: 0 } })).body.cancel();
    expect(window.capacity).toBe(7);
    expect(window.held).toBe(0);
  });

  test("grows while its ranges are waited for, and tells of it", async () => {
    const window = new AdaptiveSemaphore({ max: 8, start: 2 });
    const seen: DownloadEvent[] = [];
    // Every chunk takes some turns, so that the reader is always the first to be there.
    const { store } = metered(memory, { turn: () => turns(20), cut: () => 5 });
    const onEvent = (event: DownloadEvent) => seen.push(event);
    await drain((await download(store, at, { rangeSize: 10, window, onEvent })).body);
    expect(window.capacity).toBeGreaterThan(4);
    expect(seen).toContainEqual({ type: "window", from: 2, to: 3 });
  });

  test("does not grow for a reader that takes longer than the store", async () => {
    const window = new AdaptiveSemaphore({ max: 8, start: 2 });
    const { store } = metered(memory, { cut: () => 5 });
    const { body } = await download(store, at, { rangeSize: 10, window });
    await drain(body, () => turns(100));
    expect(window.capacity).toBe(2);
  });

  test("grows again from one", async () => {
    const window = new AdaptiveSemaphore({ max: 8, start: 1 });
    const { store } = metered(memory, { turn: () => turns(20), cut: () => 5 });
    await drain((await download(store, at, { rangeSize: 10, window })).body);
    expect(window.capacity).toBeGreaterThan(2);
  });

  test("of its own is had by a word", async () => {
    const { store, meter } = metered(memory, { turn: () => turns(20), cut: () => 5 });
    expect(await drain((await download(store, at, { rangeSize: 4, window: "adaptive" })).body)).toHaveLength(
      400,
    );
    expect(meter.mostOpen).toBeGreaterThan(4);
    expect(meter.mostOpen).toBeLessThanOrEqual(16);
  });
});

test("however wide the window is, a signal has no more listeners than Node takes for right", async () => {
  const warnings: unknown[] = [];
  const listen = (warning: unknown) => warnings.push(warning);
  process.on("warning", listen);
  try {
    const store = faulty(memory, [
      { on: "get", when: ({ nth }) => nth > 1 && nth < 30, do: "fail", error: busy },
    ]);
    const options = { rangeSize: 5, window: 30, retry: { baseDelay: 0 } };
    await drain((await download(store, at, options)).body);
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
  } finally {
    process.off("warning", listen);
  }
});
