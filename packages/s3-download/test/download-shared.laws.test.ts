import { MemoryStore, type ObjectStore } from "@sluice/object-store";
import { download } from "@sluice/s3-download";
import { upload } from "@sluice/s3-upload";
import { MemoryBudget, Semaphore } from "@sluice/semaphore";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { at, bytes, drain, metered } from "./metered.js";

const turnOf = (s: fc.Scheduler, cut: () => number) => ({
  turn: (what: string) => s.schedule(Promise.resolve(), what),
  cut,
});

const transfer = fc.record({
  kind: fc.constantFrom("download", "upload"),
  size: fc.integer({ min: 1, max: 120 }),
  rangeSize: fc.integer({ min: 1, max: 40 }),
  window: fc.integer({ min: 1, max: 4 }),
  chunks: fc.infiniteStream(fc.integer({ min: 1, max: 25 })),
});

async function storeOf(size: number): Promise<MemoryStore> {
  const store = new MemoryStore({ limits: { minPartSize: 1, maxParts: 10_000 } });
  await store.put(at, bytes(size));
  return store;
}

/** `putPart` and `put` wait for their turn, too. */
const slowWrites = (store: ObjectStore, s: fc.Scheduler): ObjectStore =>
  new Proxy(store, {
    get: (target, name) => {
      const own = Reflect.get(target, name);
      if (name !== "putPart" && name !== "put") return own?.bind?.(target) ?? own;
      return async (...args: unknown[]) => {
        await s.schedule(Promise.resolve(), String(name));
        return own.apply(target, args);
      };
    },
  });

describe("uploads and downloads that share", () => {
  test.each(["a budget", "a budget and slots"])("%s all come to their end, in any order of events", (what) =>
    fc.assert(
      fc.asyncProperty(
        fc.array(transfer, { minLength: 2, maxLength: 4 }),
        fc.integer({ min: 1, max: 80 }),
        fc.integer({ min: 1, max: 3 }),
        fc.scheduler(),
        async (plans, capacity, width, s) => {
          const budget = new MemoryBudget(capacity);
          const shared = what === "a budget" ? undefined : new Semaphore(width);
          const all = plans.map(async ({ kind, size, rangeSize, window, chunks }) => {
            const inner = await storeOf(size);
            const slots = shared ?? window;
            if (kind === "download") {
              const { store } = metered(
                inner,
                turnOf(s, () => chunks.next().value),
              );
              const { body } = await download(store, at, { rangeSize, window: slots, budget });
              expect(Buffer.from(await drain(body)).equals(bytes(size))).toBe(true);
              return;
            }
            const source = (async function* () {
              const whole = bytes(size);
              for (let done = 0; done < size; ) {
                await s.schedule(Promise.resolve(), "source");
                const chunk = whole.slice(done, done + chunks.next().value);
                done += chunk.length;
                yield chunk;
              }
            })();
            const partSize = Math.min(rangeSize, capacity);
            const target = { ...at, key: "up" };
            await upload(slowWrites(inner, s), target, source, { partSize, slots, budget });
            const { body } = await inner.get(target);
            expect(Buffer.from(await drain(body)).equals(bytes(size))).toBe(true);
          });
          await s.waitFor(Promise.all(all));
          expect([budget.held, budget.waiting, shared?.held ?? 0, shared?.waiting ?? 0]).toEqual([
            0, 0, 0, 0,
          ]);
        },
      ),
      { numRuns: 30 },
    ),
  );
});

const settle = async () => {
  for (let n = 0; n < 30; n++) await Promise.resolve();
};

const moments = fc.record({
  size: fc.integer({ min: 1, max: 120 }),
  rangeSize: fc.integer({ min: 1, max: 40 }),
  window: fc.integer({ min: 1, max: 4 }),
  chunks: fc.infiniteStream(fc.integer({ min: 1, max: 25 })),
  steps: fc.nat(30),
  view: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
  pause: fc.boolean(),
});

describe("D5: a download that is stopped", () => {
  test("at any moment, also before its first answer, while it is paused and inside of a read into the reader's own buffer, stops every request and gives back every permit", () =>
    fc.assert(
      fc.asyncProperty(
        moments,
        fc.constantFrom("abort", "cancel"),
        fc.scheduler(),
        async ({ steps, view, pause, chunks, ...p }, how, s) => {
          const { store, meter } = metered(
            await storeOf(p.size),
            turnOf(s, () => chunks.next().value),
          );
          const budget = new MemoryBudget(100);
          const window = new Semaphore(p.window);
          const stop = new AbortController();
          let reader: ReadableStreamDefaultReader<Uint8Array> | ReadableStreamBYOBReader | undefined;
          const reading = (async () => {
            const got = await download(store, at, { ...p, window, budget, signal: stop.signal });
            const body = got.body as ReadableStream<Uint8Array>;
            reader = view === undefined ? body.getReader() : body.getReader({ mode: "byob" });
            for (;;) {
              const { done } =
                view === undefined
                  ? await (reader as ReadableStreamDefaultReader<Uint8Array>).read()
                  : await (reader as ReadableStreamBYOBReader).read(new Uint8Array(view));
              if (done) return "read";
              if (pause) await s.schedule(Promise.resolve(), "pause");
            }
          })().catch((error: unknown) => error);
          for (let n = 0; n < steps; n++) {
            await settle();
            if (s.count() > 0) await s.waitNext(1);
          }
          if (how === "cancel" && reader !== undefined) await reader.cancel("enough").catch(() => {});
          else stop.abort("enough");
          // At once, whatever the store has yet to answer, once there is a body.
          await settle();
          if (reader !== undefined) expect([budget.held, window.held]).toEqual([0, 0]);
          expect([budget.waiting, window.waiting]).toEqual([0, 0]);
          await s.waitIdle();
          expect(["read", "enough"]).toContain(await reading);
          expect([budget.held, window.held, meter.open]).toEqual([0, 0, 0]);
        },
      ),
      { numRuns: 150 },
    ));
});
