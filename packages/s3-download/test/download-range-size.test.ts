import { type ByteRange, MemoryStore } from "@sluice/object-store";
import { type DownloadOptions, download } from "@sluice/s3-download";
import { MemoryBudget, Semaphore } from "@sluice/semaphore";
import { expect, test } from "vitest";
import { at, drain } from "./metered.js";

const MiB = 2 ** 20;

/** A store with an object of so many bytes, which answers each range with its first byte's worth of zeros. */
async function sizesOf(size: number, options: DownloadOptions): Promise<number[]> {
  const memory = new MemoryStore({ chunkSize: 4 * MiB });
  await memory.put(at, new Uint8Array(size));
  const asked: number[] = [];
  const store = new Proxy(memory, {
    get: (target, name) =>
      name === "get"
        ? async (source: typeof at, given: { range: ByteRange }) => {
            const got = await target.get(source, given);
            asked.push(got.range.end - got.range.start + 1);
            return got;
          }
        : Reflect.get(target, name),
  });
  await drain((await download(store, at, { integrity: "none", ...options })).body);
  return asked.map((bytes) => bytes / MiB);
}

test("what fits into 8 MiB is one request", async () => {
  expect(await sizesOf(8 * MiB, {})).toEqual([8]);
  expect(await sizesOf(1, {})).toEqual([1 / MiB]);
});

test("behind the first range, the rest is spread over the window, down to 1 MiB and up to 8", async () => {
  expect(await sizesOf(14 * MiB, {})).toEqual([8, 2, 2, 2]);
  expect(await sizesOf(9.5 * MiB, {})).toEqual([8, 1, 0.5]);
  expect(await sizesOf(34 * MiB, {})).toEqual([8, 8, 8, 8, 2]);
  expect(await sizesOf(20 * MiB, { window: 1 })).toEqual([8, 8, 4]);
});

test("a range whose end is known is spread over the window from the start", async () => {
  expect(await sizesOf(40 * MiB, { range: { start: 0, end: 8 * MiB - 1 } })).toEqual([2, 2, 2, 2]);
  expect(await sizesOf(40 * MiB, { range: { start: 5, end: 4 + 2 * MiB } })).toEqual([1, 1]);
});

test("a budget is shared out over the window, down to 1 MiB a range; below that it is all of the budget", async () => {
  const budgetOf = (bytes: number) => ({ budget: new MemoryBudget(bytes) });
  expect(await sizesOf(12 * MiB, budgetOf(16 * MiB))).toEqual([4, 8 / 3, 8 / 3, 8 / 3].map(near(12)));
  expect(await sizesOf(4 * MiB, budgetOf(2 * MiB))).toEqual([1, 1, 1, 1]);
  expect(await sizesOf(1 * MiB, budgetOf(MiB / 2))).toEqual([0.5, 0.5]);
});

// Rounded up to whole bytes, so that the last range is a little shorter.
const near = (total: number) => (size: number, i: number, all: number[]) => {
  const whole = Math.ceil(size * MiB) / MiB;
  return i < all.length - 1
    ? whole
    : total - all.slice(0, -1).reduce((sum, s) => sum + Math.ceil(s * MiB) / MiB, 0);
};

test("the window of a semaphore counts as wide as it is", async () => {
  expect(await sizesOf(14 * MiB, { window: new Semaphore(3) })).toEqual([8, 3, 3]);
});

test("what is given is heeded, but for a budget that has less", async () => {
  expect(await sizesOf(3 * MiB, { rangeSize: "512KiB" })).toEqual([0.5, 0.5, 0.5, 0.5, 0.5, 0.5]);
  expect(await sizesOf(3 * MiB, { rangeSize: "16MiB" })).toEqual([3]);
  expect(await sizesOf(3 * MiB, { rangeSize: "2MiB", budget: new MemoryBudget(MiB) })).toEqual([1, 1, 1]);
});
