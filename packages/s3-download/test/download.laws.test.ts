import { downloadLaws } from "@sluice/laws";
import { faulty, MemoryStore, type StoreError, truncate } from "@sluice/object-store";
import { download, ObjectChangedError } from "@sluice/s3-download";
import { MemoryBudget, Semaphore } from "@sluice/semaphore";
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

  test("D1 D7: a range of the object is read exactly, also at its end", () =>
    fc.assert(
      fc.asyncProperty(plan, fc.nat(), fc.nat(), async ({ size, rangeSize, window, capacity }, a, b) => {
        const all = bytes(size + 1);
        const store = await storeOf(all.length);
        const start = a % all.length;
        const end = start + (b % (all.length + 5));
        const options = { rangeSize, window, budget: budgetOf(capacity), range: { start, end } };
        const got = await download(store, at, options);
        expect(got.size).toBe(all.length);
        expect(got.range).toEqual({ start, end: Math.min(end, size) });
        expect(Buffer.from(await drain(got.body)).equals(all.subarray(start, end + 1))).toBe(true);
      }),
    ));

  test("D3: a body that breaks off is resumed at the first missing byte", () =>
    fc.assert(
      fc.asyncProperty(
        plan,
        fc.array(fc.record({ nth: fc.integer({ min: 1, max: 8 }), after: fc.nat(20), silent: fc.boolean() })),
        async ({ size, rangeSize, window }, cuts) => {
          const faults = cuts.map(({ nth, after, silent }) =>
            truncate(after, { when: nth, ending: silent ? "end" : "error" }),
          );
          const { store, meter } = metered(faulty(await storeOf(size), faults));
          const retry = { baseDelay: 0, attempts: 20 };
          const { body } = await download(store, at, { rangeSize, window, retry });
          expect(Buffer.from(await drain(body)).equals(bytes(size))).toBe(true);
          expect(meter.open).toBe(0);
        },
      ),
      { numRuns: 50 },
    ));

  test("D4: an object replaced half-way is an error, after bytes of the first version only", () =>
    fc.assert(
      fc.asyncProperty(plan, fc.nat(10), fc.boolean(), fc.scheduler(), async (p, after, heeds, s) => {
        const inner = await storeOf(p.size);
        // A store that does not know If-Match must not bring the two together either.
        const { store, meter } = metered(
          heeds
            ? inner
            : Object.assign(Object.create(inner), {
                get: (source: typeof at, { ifMatch: _unheeded, ...options } = { ifMatch: "" }) =>
                  inner.get(source, options),
                head: inner.head.bind(inner),
              }),
          { turn: (what) => s.schedule(Promise.resolve(), what), cut: () => p.chunks.next().value },
        );
        const budget = budgetOf(p.capacity);
        const came: number[] = [];
        const whole = (async () => {
          const { body } = await download(store, at, { rangeSize: p.rangeSize, window: p.window, budget });
          let chunks = 0;
          await drain(body, async (chunk) => {
            came.push(...chunk);
            if (chunks++ === after) await inner.put(at, bytes(p.size, 7));
          });
        })();
        const outcome = await s.waitFor(
          whole.then(
            () => "whole",
            (error: unknown) => error,
          ),
        );
        if (outcome === "whole") expect(came).toHaveLength(p.size);
        else expect(outcome).toBeInstanceOf(ObjectChangedError);
        expect(came).toEqual([...bytes(p.size).subarray(0, came.length)]);
        expect(budget?.held ?? 0).toBe(0);
        await s.waitIdle();
        expect(meter.open).toBe(0);
      }),
    ));

  test("D5: cancelling at any moment stops every request and gives back every byte", () =>
    fc.assert(
      fc.asyncProperty(
        plan,
        fc.nat(12),
        fc.constantFrom("cancel", "abort"),
        fc.scheduler(),
        async (p, reads, how, s) => {
          const { store, meter } = metered(await storeOf(p.size + 1), {
            turn: (what) => s.schedule(Promise.resolve(), what),
            cut: () => p.chunks.next().value,
          });
          const budget = budgetOf(p.capacity) ?? new Semaphore(1000);
          const stop = new AbortController();
          const ended = (async () => {
            const { body } = await download(store, at, { ...p, budget, signal: stop.signal });
            const reader = body.getReader();
            for (let i = 0; i < reads; i++) await reader.read();
            const last = reader.read().catch((error: unknown) => error);
            await s.schedule(Promise.resolve(), how);
            if (how === "cancel") await reader.cancel("enough");
            else {
              stop.abort("enough");
              await reader.closed.catch((error: unknown) => expect(error).toBe("enough"));
            }
            expect(budget.held).toBe(0);
            return last;
          })();
          await s.waitFor(ended);
          await s.waitIdle();
          expect(budget.held).toBe(0);
          expect(budget.waiting).toBe(0);
          expect(meter.open).toBe(0);
        },
      ),
    ));

  test("D5: a failure of any request stops the others, and gives back every byte", () =>
    fc.assert(
      fc.asyncProperty(plan, fc.integer({ min: 1, max: 6 }), fc.scheduler(), async (p, nth, s) => {
        const refusal = Object.assign(new Error("refused"), { code: "AccessDenied" }) as StoreError;
        const inner = faulty(await storeOf(p.size + 1), [
          { on: "get", when: nth, do: "fail", error: () => refusal },
        ]);
        const { store, meter } = metered(inner, {
          turn: (what) => s.schedule(Promise.resolve(), what),
          cut: () => p.chunks.next().value,
        });
        const budget = budgetOf(p.capacity) ?? new Semaphore(1000);
        const whole = (async () => drain((await download(store, at, { ...p, budget })).body))();
        const outcome = await s.waitFor(
          whole.then(
            (all) => all.length,
            (error: unknown) => error,
          ),
        );
        expect(outcome).toBe(inner.calls.length >= nth ? refusal : p.size + 1);
        await s.waitIdle();
        expect(budget.held).toBe(0);
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
