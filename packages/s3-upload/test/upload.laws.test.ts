import { uploadLaws } from "@sluice/laws";
import { fail, hang, MemoryStore, type ObjectStore, StoreError, slow } from "@sluice/object-store";
import { upload } from "@sluice/s3-upload";
import { Semaphore } from "@sluice/semaphore";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { judged } from "./judged.js";
import { bytesOf, cut, spied, TARGET, world } from "./worlds.js";

// Parts that wait on a disk do so on that of the laws.
vi.mock("node:fs/promises", async (original) =>
  (await import("./disks.js")).routed(await original<object>()),
);

async function inMemory() {
  const store = new MemoryStore({ limits: { minPartSize: 4 } });
  await store.buckets.create("bucket");
  return judged({ store });
}

for (const [where, make] of [
  ["in the kit's own store", () => judged()],
  ["in a MemoryStore", inMemory],
] as const) {
  describe(where, () => {
    for (const { id, says, waived, run } of uploadLaws(make)) {
      // Windows of a disk have 256 KiB, and parts are larger.
      if (waived === undefined) test(`${id} ${says}`, () => run(id === "U11" ? { runs: 15 } : {}));
      else {
        test(`${id} is not judged: ${waived}`, async () => {
          await expect(run()).rejects.toMatchObject({ code: "ERR_NO_VERDICT" });
        });
      }
    }
  });
}

const plans = fc.record({
  size: fc.nat(70),
  chunks: fc
    .array(fc.integer({ min: 0, max: 23 }), { minLength: 1, maxLength: 6 })
    .filter((a) => a.some((n) => n > 0)),
  partSize: fc.integer({ min: 4, max: 9 }),
  slots: fc.integer({ min: 1, max: 4 }),
  spare: fc.nat(30),
  known: fc.boolean(),
});

describe("U1: bytes held never exceed min(budget, slots × part size)", () => {
  test("at any chunking, any speed ratio and any number of uploads", () =>
    fc.assert(
      fc.asyncProperty(fc.array(plans, { minLength: 1, maxLength: 3 }), fc.scheduler(), async (all, s) => {
        const turn = () => s.schedule(Promise.resolve());
        const capacity = Math.max(...all.map(({ partSize }) => partSize)) + all[0]!.spare;
        const budget = new Semaphore(capacity);
        const { store } = await world([slow(["putPart", "createMultipart", "put"], turn)]);
        const limit = Math.min(
          capacity,
          all.reduce((sum, { slots, partSize }) => sum + slots * partSize, 0),
        );
        // What the store is being sent lies in parts, so its memory must be in the budget's books as well.
        let sending = 0;
        const inFlight = async <R>(body: unknown, request: () => Promise<R>): Promise<R> => {
          const { byteLength } = (body as Uint8Array).buffer;
          sending += byteLength;
          expect(sending).toBeLessThanOrEqual(budget.held);
          return request().finally(() => {
            sending -= byteLength;
          });
        };
        const watched: ObjectStore = {
          ...store,
          limits: store.limits,
          put: (at, body, options) => inFlight(body, () => store.put(at, body, options)),
          putPart: (to, n, body, options) => inFlight(body, () => store.putPart(to, n, body, options)),
        };
        const one = ({ size, chunks, partSize, slots, known }: (typeof all)[number], i: number) =>
          upload(
            watched,
            { ...TARGET, key: `key${i}` },
            spied(cut(bytesOf(size), chunks), "end", turn).body,
            {
              partSize,
              slots,
              budget,
              length: known ? size : undefined,
              onProgress: ({ held }) => {
                expect(held).toBeLessThanOrEqual(Math.min(budget.held, slots * partSize));
              },
            },
          );
        await s.waitFor(Promise.all(all.map(one)));
        expect(budget.snapshot().peakHeld).toBeLessThanOrEqual(limit);
        expect(budget.held).toBe(0);
      }),
    ));

  test("no more buffers are ever made than slots, and they are used again", async () => {
    const { store } = await world();
    const seen = new Set<ArrayBufferLike>();
    const watching = new Proxy(store, {
      get: (inner, name: keyof typeof store) =>
        name === "putPart"
          ? (...args: Parameters<typeof store.putPart>) => {
              seen.add((args[2] as Uint8Array).buffer);
              return store.putPart(...args);
            }
          : inner[name],
    });
    await upload(watching, TARGET, cut(bytesOf(400), [3]), { partSize: 4, slots: 3 });
    expect(seen.size).toBeLessThanOrEqual(3);
    expect([...seen].every((buffer) => buffer.byteLength === 4)).toBe(true);
  });

  test("while the budget has no room, a source is asked for no more than what begins a part", () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 40 }), async (size) => {
        const { store } = await world();
        const budget = new Semaphore(8);
        const other = await budget.acquire(5);
        const source = spied(cut(bytesOf(size), [3]));
        const done = upload(store, TARGET, source.body, { partSize: 4, budget });
        await new Promise(setImmediate);
        expect([source.state.asked, budget.waiting]).toEqual([1, 1]);
        other.release();
        expect((await done).size).toBe(size);
      }),
      { numRuns: 20 },
    ));
});

const refused = () => new StoreError("AccessDenied", "no", { status: 403 });

describe("U2: after any failure nothing is left running, held or stored", () => {
  const places = fc.oneof(
    fc.record({ at: fc.constant("createMultipart" as const) }),
    fc.record({ at: fc.constant("completeMultipart" as const) }),
    fc.record({ at: fc.constant("putPart" as const), nth: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ at: fc.constant("source" as const) }),
    fc.record({ at: fc.constant("abort" as const), hanging: fc.boolean() }),
  );

  test("wherever it happens, whatever the schedule, even if the source stalls for ever", () =>
    fc.assert(
      fc.asyncProperty(plans, places, fc.boolean(), fc.scheduler(), async (plan, place, stalls, s) => {
        const turn = () => s.schedule(Promise.resolve());
        const cause = new Error("the cause");
        const size = 21 + plan.size;
        const faults = [slow(["putPart", "createMultipart", "completeMultipart", "abortMultipart"], turn)];
        if (place.at === "putPart") faults.push(fail("putPart", () => cause, place.nth));
        if (place.at === "createMultipart") faults.push(fail("createMultipart", () => cause));
        if (place.at === "completeMultipart") faults.push(fail("completeMultipart", () => cause));
        const stop = new AbortController();
        if (place.at === "abort") {
          if (place.hanging) faults.push(hang("putPart"));
          else faults.push(hang("completeMultipart"));
          void s.schedule(Promise.resolve()).then(() => stop.abort(cause));
        }
        const then = place.at === "source" ? { error: cause } : "end";
        // A source that stalls before the part that fails was read would only hide the failure.
        const read = stalls && place.at === "putPart" ? plan.partSize * place.nth + 1 : size;
        const mayStall = stalls && (place.at === "abort" || (place.at === "putPart" && read <= size));
        const source = spied(
          cut(bytesOf(size).subarray(0, read), plan.chunks),
          mayStall ? "stall" : then,
          turn,
        );
        const { store, leftovers, object } = await world(faults);
        const budget = new Semaphore(64);

        const running = upload(store, TARGET, source.body, {
          partSize: plan.partSize,
          slots: plan.slots,
          budget,
          signal: stop.signal,
        }).then(
          () => "published",
          (error: unknown) => error,
        );
        const outcome = await s.waitFor(running);
        if (place.at === "putPart" && Math.ceil(size / plan.partSize) < place.nth) {
          expect(outcome).toBe("published");
        } else {
          expect(outcome).toBe(cause);
          expect(await object()).toBeUndefined();
        }
        expect(source.state.stopped || source.state.ended).toBe(true);
        expect(await leftovers()).toBe(0);
        expect(budget.held).toBe(0);
        expect(budget.waiting).toBe(0);
      }),
      { numRuns: 500 },
    ));

  test("a source that fails is not asked to stop, and its error surfaces untouched", async () => {
    const error = refused();
    const source = spied(cut(bytesOf(10), [3]), { error });
    const { store, leftovers } = await world();
    await expect(upload(store, TARGET, source.body, { partSize: 4 })).rejects.toBe(error);
    expect(source.state.stopped).toBe(false);
    expect(await leftovers()).toBe(0);
  });
});

describe("U3: the object equals the input", () => {
  test("for every chunking, part size and number of slots", () =>
    fc.assert(
      fc.asyncProperty(plans, fc.scheduler(), async ({ size, chunks, partSize, slots, known }, s) => {
        const turn = () => s.schedule(Promise.resolve());
        const { store, object, leftovers } = await world([slow(["putPart"], turn)]);
        const bytes = bytesOf(size);
        const body = spied(cut(bytes, chunks), "end", turn).body;
        const result = await s.waitFor(
          upload(store, TARGET, body, { partSize, slots, length: known ? size : undefined }),
        );
        expect(await object()).toEqual(bytes);
        expect(result.size).toBe(size);
        expect(result.parts).toBe(Math.max(1, Math.ceil(size / partSize)));
        expect(result.uploadId === undefined).toBe(size <= partSize);
        expect(await leftovers()).toBe(0);
      }),
    ));

  test("text arrives as UTF-8, wherever the chunks cut it", () =>
    fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "binary", maxLength: 40 }),
        fc.array(fc.nat(40), { maxLength: 5 }),
        async (text, at) => {
          const ends = [...new Set([...at, text.length])].sort((a, b) => a - b);
          const pieces = ends.map((end, i) => text.slice(ends[i - 1] ?? 0, end));
          const body = (async function* () {
            yield* pieces;
          })();
          const { store, object } = await world();
          await upload(store, TARGET, body, { partSize: 4 });
          expect(new TextDecoder("utf-8", { ignoreBOM: true }).decode(await object())).toBe(text);
        },
      ),
    ));
});

describe("U12: progress", () => {
  test("never goes back, and ends with the size of the object", () =>
    fc.assert(
      fc.asyncProperty(plans, fc.scheduler(), async ({ size, chunks, partSize, slots, known }, s) => {
        const { store } = await world([slow("putPart", () => s.schedule(Promise.resolve()))]);
        const seen: number[] = [];
        const phases: string[] = [];
        await s.waitFor(
          upload(store, TARGET, cut(bytesOf(size), chunks), {
            partSize,
            slots,
            length: known ? size : undefined,
            onProgress: ({ loaded, phase, total }) => {
              seen.push(loaded);
              phases.push(phase);
              expect(total).toBe(phase === "sending" && !known ? undefined : size);
            },
          }),
        );
        expect(seen).toEqual([...seen].sort((a, b) => a - b));
        expect(seen.at(-1)).toBe(size);
        expect(phases.at(-1)).toBe("done");
        expect(phases.filter((phase) => phase === "sending")).toHaveLength(
          Math.max(1, Math.ceil(size / partSize)),
        );
      }),
    ));
});
