import { failOnce, faulty, MemoryStore, truncate } from "@sluice/object-store";
import { type DownloadEvent, type DownloadProgress, download } from "@sluice/s3-download";
import { MemoryBudget } from "@sluice/semaphore";
import { beforeEach, describe, expect, test } from "vitest";
import { at, bytes, drain, metered } from "./metered.js";

let memory: MemoryStore;
beforeEach(async () => {
  memory = new MemoryStore();
  await memory.put(at, bytes(50));
});

test("events tell what happens, in its order", async () => {
  const seen: DownloadEvent[] = [];
  const { etag } = await memory.head(at);
  const onEvent = (event: DownloadEvent) => seen.push(event);
  await drain((await download(memory, at, { rangeSize: 20, window: 2, onEvent })).body);
  expect(seen).toEqual([
    { type: "begun", size: 50, range: { start: 0, end: 49 }, etag, versionId: undefined },
    { type: "asked", start: 20, end: 39 },
    { type: "range", start: 0, end: 19 },
    { type: "asked", start: 40, end: 49 },
    { type: "range", start: 20, end: 39 },
    { type: "range", start: 40, end: 49 },
    { type: "done", size: 50 },
  ]);
});

test("a retry is told with what is missing, its cause and its delay, and onRetry hears of it, too", async () => {
  const seen: DownloadEvent[] = [];
  const heard: unknown[] = [];
  const store = faulty(memory, [failOnce("get"), truncate(7, { when: 2, ending: "end" })]);
  const retry = { baseDelay: 0, onRetry: (event: unknown) => heard.push(event) };
  const onEvent = (event: DownloadEvent) => event.type === "retry" && seen.push(event);
  await drain((await download(store, at, { window: 1, retry, onEvent })).body);
  expect(seen).toMatchObject([
    { start: 0, attempt: 1, delay: 0, code: "NetworkError" },
    { start: 7, end: 49, attempt: 2, delay: 0, code: "IncompleteBody" },
  ]);
  expect(heard).toHaveLength(2);
});

test("tries are counted over the whole range", async () => {
  const attempts: number[] = [];
  const store = faulty(memory, [truncate(5, { ending: "end", when: ({ nth }) => nth <= 3 })]);
  const onEvent = (event: DownloadEvent) => event.type === "retry" && attempts.push(event.attempt);
  await drain((await download(store, at, { retry: { baseDelay: 0, attempts: 4 }, onEvent })).body);
  expect(attempts).toEqual([1, 2, 3]);
});

describe.each(["begun", "asked", "range", "retry", "done"] as const)(
  "an onEvent that throws at %s",
  (type) => {
    test("fails the download with that very error, and everything is given back", async () => {
      const { store, meter } = metered(faulty(memory, [truncate(3, { when: 2, ending: "end" })]));
      const budget = new MemoryBudget(100);
      const error = new Error(`at ${type}`);
      const onEvent = (event: DownloadEvent) => {
        if (event.type === type) throw error;
      };
      const options = { rangeSize: 20, budget, onEvent, retry: { baseDelay: 0 } };
      const whole = (async () => drain((await download(store, at, options)).body))();
      await expect(whole).rejects.toBe(error);
      expect([budget.held, budget.waiting, meter.open]).toEqual([0, 0, 0]);
    });
  },
);

test("what the callback of a retry throws is what the download fails with", async () => {
  const budget = new MemoryBudget(100);
  const error = new Error("not again");
  const onRetry = () => {
    throw error;
  };
  const store = faulty(memory, [failOnce("get")]);
  await expect(download(store, at, { budget, retry: { baseDelay: 0, onRetry } })).rejects.toBe(error);
  expect(budget.held).toBe(0);
});

test("progress never falls, whatever is asked for again, and `held` is what the window pays for", async () => {
  const seen: DownloadProgress[] = [];
  const store = faulty(memory, [truncate(4, { when: ({ nth }) => nth % 2 === 0, ending: "end" })]);
  const budget = new MemoryBudget(30);
  const options = {
    rangeSize: 10,
    budget,
    retry: { baseDelay: 0 },
    onProgress: (p: DownloadProgress) => seen.push(p),
  };
  await drain((await download(store, at, options)).body);
  for (const [i, { loaded, held, total }] of seen.entries()) {
    expect(loaded).toBeGreaterThan(seen[i - 1]?.loaded ?? 0);
    expect(held).toBeLessThanOrEqual(30);
    expect(total).toBe(50);
  }
  expect(seen.at(-1)).toEqual({ loaded: 50, total: 50, held: 0 });
});
