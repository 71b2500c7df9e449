import { downloadLaws } from "@sluice/laws";
import { MemoryStore } from "@sluice/object-store";
import { download } from "@sluice/s3-download";
import { MemoryBudget } from "@sluice/semaphore";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judged } from "./judged.js";
import { at, bytes, drain, metered } from "./metered.js";

async function inMemory() {
  const store = new MemoryStore();
  await store.buckets.create("bucket");
  return judged({ store });
}

for (const [where, make] of [
  ["in the kit's own store", () => judged()],
  ["in a MemoryStore", inMemory],
] as const) {
  describe(where, () => {
    for (const { id, says, run } of downloadLaws(make)) test(`${id} ${says}`, () => run());
  });
}

const plan = fc.record({
  size: fc.nat(120),
  rangeSize: fc.integer({ min: 1, max: 40 }),
  window: fc.integer({ min: 1, max: 5 }),
  capacity: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }),
  chunks: fc.infiniteStream(fc.integer({ min: 1, max: 25 })),
});

async function storeOf(size: number): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.put(at, bytes(size));
  return store;
}

const budgetOf = (capacity: number | undefined) =>
  capacity === undefined ? undefined : new MemoryBudget(capacity);

describe("D: whatever the schedule of answers, chunks and reads", () => {
  test("D1 D2 D9: the bytes are the object's, in order, and no more are held than the window and the budget allow", () =>
    fc.assert(
      fc.asyncProperty(plan, fc.scheduler(), async ({ size, rangeSize, window, capacity, chunks }, s) => {
        const { store, meter } = metered(await storeOf(size), {
          turn: (what) => s.schedule(Promise.resolve(), what),
          cut: () => chunks.next().value,
        });
        const budget = budgetOf(capacity);
        const most = Math.min(window * rangeSize, capacity ?? Number.POSITIVE_INFINITY);
        let read = 0;
        const within = () => {
          expect(meter.given - read).toBeLessThanOrEqual(most);
          expect(meter.open).toBeLessThanOrEqual(window);
        };
        const whole = (async () => {
          const { body } = await download(store, at, { rangeSize, window, budget });
          return drain(body, async (chunk) => {
            within();
            await s.schedule(Promise.resolve(), "read");
            within();
            read += chunk.length;
          });
        })();
        expect(Buffer.from(await s.waitFor(whole)).equals(bytes(size))).toBe(true);
        expect(budget?.held ?? 0).toBe(0);
        expect(meter.open).toBe(0);
      }),
    ));

  test("downloads that share a budget smaller than two ranges all come to their end", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(plan, { minLength: 2, maxLength: 4 }),
        fc.integer({ min: 1, max: 60 }),
        fc.scheduler(),
        async (plans, capacity, s) => {
          const budget = new MemoryBudget(capacity);
          const all = plans.map(async ({ size, rangeSize, window, chunks }) => {
            const { store } = metered(await storeOf(size), {
              turn: (what) => s.schedule(Promise.resolve(), what),
              cut: () => chunks.next().value,
            });
            const { body } = await download(store, at, { rangeSize, window, budget });
            expect(Buffer.from(await drain(body)).equals(bytes(size))).toBe(true);
          });
          await s.waitFor(Promise.all(all));
          expect(budget.held).toBe(0);
        },
      ),
      { numRuns: 50 },
    ));
});
