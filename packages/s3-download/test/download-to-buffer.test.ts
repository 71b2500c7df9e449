import { MemoryStore } from "@sluice/object-store";
import { downloadToBuffer } from "@sluice/s3-download";
import { MemoryBudget } from "@sluice/semaphore";
import { beforeEach, expect, test } from "vitest";
import { at, bytes, metered } from "./metered.js";

let memory: MemoryStore;
beforeEach(async () => {
  memory = new MemoryStore();
  await memory.put(at, bytes(100), { contentType: "a/b" });
});

test("an object comes into one buffer, with what is known of it", async () => {
  const budget = new MemoryBudget(50);
  const got = await downloadToBuffer(memory, at, { rangeSize: 20, budget, limit: 100 });
  expect(got).toMatchObject({ size: 100, contentType: "a/b", range: { start: 0, end: 99 } });
  expect(got.bytes).toEqual(bytes(100));
  expect("body" in got).toBe(false);
  expect(budget.held).toBe(0);
});

test("more than the limit is refused before a byte is read, with both numbers, and holds nothing", async () => {
  const { store, meter } = metered(memory);
  const budget = new MemoryBudget(50);
  const refused = downloadToBuffer(store, at, { rangeSize: 20, budget, limit: 99 });
  await expect(refused).rejects.toMatchObject({ code: "ERR_TOO_LARGE", size: 100, limit: 99 });
  expect([meter.given, meter.open, budget.held]).toEqual([0, 0, 0]);
  expect(meter.asked).toHaveLength(1);
});

test("only what is asked for counts against the limit", async () => {
  const { bytes: got } = await downloadToBuffer(memory, at, { range: { start: 10, end: 19 }, limit: 10 });
  expect(got).toEqual(bytes(100).slice(10, 20));
});

test("without a limit it is 64 MiB", async () => {
  const large = new Proxy(memory, {
    get: (target, name) =>
      name === "get"
        ? async (source: typeof at) => ({
            ...(await target.get(source)),
            size: 64 * 2 ** 20 + 1,
            range: { start: 0, end: 8 * 2 ** 20 - 1 },
          })
        : Reflect.get(target, name),
  });
  await expect(downloadToBuffer(large, at)).rejects.toMatchObject({ limit: 64 * 2 ** 20 });
});

test("an empty object is an empty buffer", async () => {
  await memory.put(at, new Uint8Array(0));
  expect((await downloadToBuffer(memory, at, { limit: 0 })).bytes).toHaveLength(0);
});

test.each([-1, 1.5, "many", Number.POSITIVE_INFINITY])(
  "a limit of %s is refused before anything is asked for",
  async (limit) => {
    const { store, meter } = metered(memory);
    await expect(downloadToBuffer(store, at, { limit })).rejects.toBeInstanceOf(RangeError);
    expect(meter.asked).toEqual([]);
  },
);

test("an abort rejects with its reason, and gives everything back", async () => {
  const stop = new AbortController();
  let chunks = 0;
  const { store, meter } = metered(memory, {
    cut: () => 10,
    turn: async (what) => {
      if (what === "chunk" && ++chunks === 3) stop.abort("enough");
    },
  });
  const budget = new MemoryBudget(50);
  await expect(downloadToBuffer(store, at, { rangeSize: 20, budget, signal: stop.signal })).rejects.toBe(
    "enough",
  );
  expect([meter.open, budget.held]).toEqual([0, 0]);
});
