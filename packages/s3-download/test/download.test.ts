import {
  digestOf,
  fail,
  failOnce,
  faulty,
  flipBit,
  hang,
  MemoryStore,
  StoreError,
  slow,
  truncate,
} from "@sluice/object-store";
import { type DownloadProgress, download } from "@sluice/s3-download";
import { MemoryBudget } from "@sluice/semaphore";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { at, bytes, drain, metered } from "./metered.js";

let memory: MemoryStore;
beforeEach(() => {
  memory = new MemoryStore();
});
afterEach(() => {
  vi.useRealTimers();
});

const turns = async (count = 50) => {
  for (let i = 0; i < count; i++) await Promise.resolve();
};

describe("a download", () => {
  test("comes with what is known of the object", async () => {
    await memory.put(at, bytes(25), { contentType: "a/b", metadata: { colour: "blue" } });
    const { etag } = await memory.head(at);
    const got = await download(memory, at, { rangeSize: 10 });
    expect(got).toMatchObject({ size: 25, etag, contentType: "a/b", metadata: { colour: "blue" } });
    expect(got.range).toEqual({ start: 0, end: 24 });
    expect(await drain(got.body)).toEqual(Buffer.from(bytes(25)));
  });

  test("of a small object is one request", async () => {
    await memory.put(at, bytes(25));
    const { store, meter } = metered(memory);
    await drain((await download(store, at)).body);
    expect(meter.asked).toEqual([{ start: 0, end: 8 * 2 ** 20 - 1 }]);
  });

  test("of an empty object is an empty body, and holds nothing", async () => {
    await memory.put(at, new Uint8Array(0));
    const { store, meter } = metered(memory);
    const budget = new MemoryBudget(10);
    const got = await download(store, at, { budget });
    expect(got.range).toEqual({ start: 0, end: -1 });
    expect(budget.held).toBe(0);
    expect(meter.open).toBe(0);
    expect(await drain(got.body)).toHaveLength(0);
  });

  test("of what is not there fails before there is a body, and holds nothing", async () => {
    await memory.put({ ...at, key: "other" }, bytes(1));
    const budget = new MemoryBudget(10);
    await expect(download(memory, at, { budget })).rejects.toMatchObject({ code: "NoSuchKey" });
    await expect(
      download(memory, { ...at, key: "other" }, { budget, range: { start: 1 } }),
    ).rejects.toMatchObject({
      code: "ERR_RANGE_BEYOND_END",
      start: 1,
      size: 1,
      cause: { code: "InvalidRange" },
    });
    expect(budget.held).toBe(0);
  });

  test("asks for nothing beyond the first range before it is read", async () => {
    await memory.put(at, bytes(100));
    const { store, meter } = metered(memory);
    const { body } = await download(store, at, { rangeSize: 10, window: 3 });
    await turns();
    expect(meter.asked).toHaveLength(1);
    expect(meter.given).toBe(0);
    const reader = body.getReader();
    await reader.read();
    await turns();
    // The first range has been read to its end; the window moves on when more is asked for.
    expect(meter.asked.map(({ start }) => start)).toEqual([0, 10, 20]);
    await reader.cancel();
  });

  test("whose consumer stalls holds the window and no more", async () => {
    await memory.put(at, bytes(200));
    const { store, meter } = metered(memory, { cut: () => 5 });
    const budget = new MemoryBudget(1000);
    const { body } = await download(store, at, { rangeSize: 20, window: 4, budget });
    const reader = body.getReader();
    await reader.read();
    await turns(500);
    expect(meter.given).toBe(5 + 3 * 20);
    expect(budget.held).toBe(80);
    await reader.cancel();
    expect(budget.held).toBe(0);
  });

  test("hands the first range's bytes on as they come", async () => {
    await memory.put(at, bytes(100));
    const { store, meter } = metered(memory, { cut: () => 3 });
    const reader = (await download(store, at, { rangeSize: 50, window: 1 })).body.getReader();
    expect((await reader.read()).value).toEqual(bytes(3));
    expect(meter.given).toBe(3);
    await reader.cancel();
  });

  test("asks every later range for the version that it began with", async () => {
    await memory.put(at, bytes(100));
    const store = faulty(memory, []);
    const { etag, body } = await download(store, at, { rangeSize: 40 });
    await drain(body);
    const conditions = store.calls.map(({ args }) => (args[1] as { ifMatch?: string }).ifMatch);
    expect(conditions).toEqual([undefined, etag, etag]);
  });

  test("reads into the consumer's own buffer as well", async () => {
    await memory.put(at, bytes(100));
    const { body } = await download(memory, at, { rangeSize: 30 });
    const reader = (body as ReadableStream<Uint8Array>).getReader({ mode: "byob" });
    const parts: Uint8Array[] = [];
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(7));
      if (done) break;
      parts.push(value);
    }
    expect(Buffer.concat(parts)).toEqual(Buffer.from(bytes(100)));
  });

  test("leaves the store's own bytes whole, even if the store hands out its very memory", async () => {
    const own = bytes(20);
    await memory.put(at, own);
    const careless = new Proxy(memory, {
      get: (target, name) =>
        name === "get"
          ? async (...args: Parameters<MemoryStore["get"]>) => {
              const got = await target.get(...args);
              const body = new ReadableStream<Uint8Array>({
                start(controller) {
                  controller.enqueue(own);
                  controller.close();
                },
              });
              return { ...got, body };
            }
          : Reflect.get(target, name),
    });
    await drain((await download(careless, at)).body);
    expect(own).toEqual(bytes(20));
  });

  test("of tiny chunks does not pay for each of them in overhead", async () => {
    await memory.put(at, bytes(20_000));
    const { store } = metered(memory, { cut: () => 7 });
    const { body } = await download(store, at, { rangeSize: 10_000, window: 2 });
    const sizes: number[] = [];
    const all = await drain(body, async (chunk) => {
      sizes.push(chunk.length);
      if (sizes.length === 1) await turns(100_000);
    });
    expect(Buffer.from(all).equals(bytes(20_000))).toBe(true);
    const [, ...behind] = [sizes.slice(0, Math.ceil(10_000 / 7)), ...sizes.slice(Math.ceil(10_000 / 7))];
    expect(behind.length).toBeLessThan(100);
  });

  test("tells its progress, which never falls and ends with all of it", async () => {
    await memory.put(at, bytes(100));
    const seen: DownloadProgress[] = [];
    const { store } = metered(memory, { cut: () => 9 });
    await drain((await download(store, at, { rangeSize: 30, onProgress: (p) => seen.push(p) })).body);
    expect(seen.map(({ loaded }) => loaded)).toEqual(
      seen.map(({ loaded }) => loaded).toSorted((a, b) => a - b),
    );
    expect(seen.at(-1)).toEqual({ loaded: 100, total: 100, held: 0 });
  });

  test("fails with what onProgress throws, and holds nothing then", async () => {
    await memory.put(at, bytes(100));
    const { store, meter } = metered(memory);
    const budget = new MemoryBudget(100);
    const onProgress = () => {
      throw new Error("no terminal");
    };
    const { body } = await download(store, at, { rangeSize: 30, budget, onProgress });
    await expect(drain(body)).rejects.toThrow("no terminal");
    await turns();
    expect(budget.held).toBe(0);
    expect(meter.open).toBe(0);
  });

  test("refuses options that make no sense, before it asks for anything", async () => {
    const { store, meter } = metered(memory);
    for (const wrong of [
      { window: 0 },
      { rangeSize: 0 },
      { rangeSize: "8 potatoes" },
      { range: { start: -1 } },
      { window: 1.5 },
      { window: "wide" as "adaptive" },
      { integrity: "perhaps" as "none" },
      { idleTimeout: 0 },
      { idleTimeout: 2 ** 31 },
      { range: { start: 5, end: 4 } },
    ]) {
      await expect(download(store, at, wrong)).rejects.toBeInstanceOf(RangeError);
    }
    expect(meter.asked).toEqual([]);
  });
});

describe("a budget", () => {
  test("smaller than a range makes the ranges smaller", async () => {
    await memory.put(at, bytes(100));
    const { store, meter } = metered(memory);
    const { body } = await download(store, at, { rangeSize: 50, budget: new MemoryBudget(16) });
    await drain(body);
    expect(meter.asked[0]).toEqual({ start: 0, end: 15 });
    expect(meter.mostOpen).toBe(1);
  });

  test("that is lent out lets the download wait, until it is aborted", async () => {
    await memory.put(at, bytes(100));
    const { store, meter } = metered(memory);
    const budget = new MemoryBudget(16);
    const other = await budget.acquire(16);
    const stop = new AbortController();
    const waiting = download(store, at, { budget, signal: stop.signal });
    await turns();
    expect(meter.asked).toEqual([]);
    stop.abort("late");
    await expect(waiting).rejects.toBe("late");
    other.release();
    expect(budget.held).toBe(0);
  });

  test("that others want is not hoarded: what is behind the lowest range does not stand in line", async () => {
    await memory.put(at, bytes(100));
    const budget = new MemoryBudget(30);
    const { body } = await download(memory, at, { rangeSize: 10, budget });
    const other = budget.acquire(25);
    const all = drain(body);
    (await other).release();
    expect(await all).toHaveLength(100);
    expect(budget.held).toBe(0);
  });

  test("gives back what was granted in the very moment of a cancel", async () => {
    await memory.put(at, bytes(100));
    const budget = new MemoryBudget(10);
    const { body } = await download(memory, at, { rangeSize: 10, budget });
    const reader = body.getReader();
    await reader.read();
    const other = await budget.acquire(10);
    const next = reader.read();
    await turns();
    expect(budget.waiting).toBe(1);
    other.release();
    await reader.cancel();
    expect((await next).done).toBe(true);
    await turns();
    expect(budget.held).toBe(0);
  });
});

describe("a store that fails", () => {
  test("is asked again, as often as the options say and no more", async () => {
    await memory.put(at, bytes(50));
    const retry = { attempts: 3, baseDelay: 0 };
    const once = faulty(memory, [failOnce("get")]);
    expect(await drain((await download(once, at, { retry })).body)).toHaveLength(50);

    const always = faulty(memory, [
      fail(
        "get",
        () => new StoreError("SlowDown", "no"),
        ({ nth }) => nth > 1,
      ),
    ]);
    const { body } = await download(always, at, { retry, rangeSize: 20, window: 1 });
    await expect(drain(body)).rejects.toMatchObject({ code: "SlowDown" });
    expect(always.calls).toHaveLength(1 + 3);
  });

  test("that cuts every body short fails the download in the end", async () => {
    await memory.put(at, bytes(50));
    const store = faulty(memory, [truncate(1, { ending: "end", when: () => true })]);
    const { body } = await download(store, at, { retry: { attempts: 3, baseDelay: 0 } });
    await expect(drain(body)).rejects.toMatchObject({ code: "IncompleteBody" });
    const starts = store.calls.map(({ args }) => (args[1] as { range: { start: number } }).range.start);
    expect(starts).toEqual([0, 1, 2]);
  });

  test.each([
    ["of another range", { range: { start: 1, end: 9 } }],
    ["of less", { range: { start: 0, end: 8 } }],
  ])("in that it answers with bytes %s is not believed", async (_what, lie) => {
    await memory.put(at, bytes(50));
    const store = new Proxy(memory, {
      get: (target, name) =>
        name === "get"
          ? async (...args: Parameters<MemoryStore["get"]>) => ({ ...(await target.get(...args)), ...lie })
          : Reflect.get(target, name),
    });
    await expect(download(store, at, { rangeSize: 10 })).rejects.toMatchObject({
      code: "ERR_UNEXPECTED_RANGE",
    });
  });

  test("in that it sends more than it said is found out before the last byte", async () => {
    await memory.put(at, bytes(50));
    const store = new Proxy(memory, {
      get: (target, name) =>
        name === "get"
          ? async (...args: Parameters<MemoryStore["get"]>) => {
              const got = await target.get(...args);
              const body = new ReadableStream<Uint8Array>({
                start(controller) {
                  for (const size of [6, 4, 1]) controller.enqueue(bytes(size));
                  controller.close();
                },
              });
              return { ...got, body };
            }
          : Reflect.get(target, name),
    });
    let came = 0;
    const { body } = await download(store, at, { rangeSize: 10 });
    const read = drain(body, (chunk) => {
      came += chunk.length;
    });
    await expect(read).rejects.toMatchObject({ code: "ERR_UNEXPECTED_RANGE" });
    expect(came).toBeLessThan(10);
  });

  test("in one range fails the body at once, also while an earlier range is slow", async () => {
    await memory.put(at, bytes(50));
    const never = new Promise(() => {});
    const inner = faulty(memory, [
      fail("get", () => new StoreError("AccessDenied", "no"), 3),
      slow("get", () => never, 2),
    ]);
    const { store } = metered(inner);
    const budget = new MemoryBudget(100);
    const { body } = await download(store, at, { rangeSize: 10, budget });
    await expect(drain(body)).rejects.toMatchObject({ code: "AccessDenied" });
    expect(budget.held).toBe(0);
  });

  test("in that it flips a bit is found out before the end (D6)", async () => {
    const value = Buffer.from(await digestOf("crc32", bytes(50))).toString("base64");
    await memory.put(at, bytes(50), { checksum: { algorithm: "crc32", value } });
    const budget = new MemoryBudget(100);
    for (const options of [{ rangeSize: 100 }, { rangeSize: 10, integrity: "require" as const }]) {
      const sound = await download(memory, at, { ...options, budget });
      expect(await drain(sound.body)).toHaveLength(50);
      let came = 0;
      const { body } = await download(faulty(memory, [flipBit("get", 3)]), at, { ...options, budget });
      const read = drain(body, (chunk) => {
        came += chunk.length;
      });
      await expect(read).rejects.toMatchObject({ code: "ERR_INTEGRITY" });
      expect(came).toBeLessThan(50);
      expect(budget.held).toBe(0);
    }
  });

  test("without a checksum cannot be required to have one (D6)", async () => {
    const upload = await memory.createMultipart(at);
    await memory.completeMultipart(upload, [await memory.putPart(upload, 1, bytes(10))]);
    const plain = new Proxy(memory, {
      get: (target, name) =>
        name === "get" || name === "head"
          ? async (...args: Parameters<MemoryStore["get"]>) => ({
              ...(await target[name](...args)),
              checksum: undefined,
            })
          : Reflect.get(target, name),
    });
    const budget = new MemoryBudget(100);
    await expect(download(plain, at, { budget, integrity: "require" })).rejects.toMatchObject({
      code: "ERR_INTEGRITY",
    });
    expect(budget.held).toBe(0);
    expect(await drain((await download(plain, at, { budget })).body)).toHaveLength(10);
  });

  test("to heed the signal has its late answer cancelled", async () => {
    await memory.put(at, bytes(50));
    let answer = () => {};
    const gate = new Promise<void>((resolve) => {
      answer = resolve;
    });
    let gets = 0;
    const { store, meter } = metered(memory, { turn: async (what) => what === "get" && ++gets > 1 && gate });
    const deaf = new Proxy(store, {
      get: (target, name) =>
        name === "get"
          ? (source: typeof at, { signal: _unheeded, ...options } = { signal: undefined }) =>
              target.get(source, options)
          : Reflect.get(target, name),
    });
    const reader = (await download(deaf, at, { rangeSize: 10 })).body.getReader();
    await reader.read();
    await reader.cancel();
    expect(meter.open).toBe(3);
    answer();
    await turns();
    expect(meter.open).toBe(0);
    expect(meter.given).toBe(10);
  });

  test("by saying nothing is asked again after the idle time (D8)", async () => {
    vi.useFakeTimers();
    await memory.put(at, bytes(50));
    const inner = faulty(memory, [hang("get", 2)]);
    const { body } = await download(inner, at, {
      rangeSize: 20,
      idleTimeout: 5_000,
      retry: { baseDelay: 0 },
    });
    const all = drain(body);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(inner.calls).toHaveLength(3);
    // Looked at every quarter of it, so a quarter late at the most.
    await vi.advanceTimersByTimeAsync(1_260);
    expect(await all).toHaveLength(50);
    expect(inner.calls).toHaveLength(4);
  });

  test("by stalling in the middle of a body is asked for the rest after the idle time (D8)", async () => {
    vi.useFakeTimers();
    await memory.put(at, bytes(50));
    let chunks = 0;
    const { store, meter } = metered(memory, {
      cut: () => 10,
      turn: (what) => (what === "chunk" && ++chunks === 3 ? new Promise(() => {}) : Promise.resolve()),
    });
    const { body } = await download(store, at, { window: 1, idleTimeout: 5_000, retry: { baseDelay: 0 } });
    const all = drain(body);
    await vi.advanceTimersByTimeAsync(6_260);
    expect(await all).toHaveLength(50);
    expect(meter.asked.map(({ start }) => start)).toEqual([0, 20]);
  });
});
