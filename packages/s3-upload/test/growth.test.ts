import { MemoryStore, type ObjectStore, S3_LIMITS, type StoreLimits } from "@sluice/object-store";
import { type UploadOptions, type UploadWarning, upload } from "@sluice/s3-upload";
import { MemoryBudget, Semaphore } from "@sluice/semaphore";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type PlanOptions, planParts } from "../src/plan.js";
import { bytesOf, cut, spied, TARGET, type World, world } from "./worlds.js";

const LIMITS = { maxParts: 10 };
const MiB = 2 ** 20;
const sizesOf = ({ store }: World) => {
  const sizes: number[] = [];
  for (const { method, args } of store.calls) {
    if (method === "putPart") sizes[(args[1] as number) - 1] = (args[2] as Uint8Array).length;
  }
  return sizes;
};
const stream = (size: number) => spied(cut(bytesOf(size), [5])).body;

describe("parts of a body of unknown length", () => {
  test("double after each tenth of the parts, as long as two fit into slots × part size", async () => {
    const w = await world([], LIMITS);
    const options = { partSize: 4, slots: 8, growth: "double" } as const;
    await upload(w.store, TARGET, stream(100), options);
    expect(sizesOf(w)).toEqual([4, 8, 16, 16, 16, 16, 16, 8]);
    expect(await w.object()).toEqual(bytesOf(100));
  });

  test("double as long as two fit into the budget, or one where there is one slot", async () => {
    for (const [slots, sizes] of [
      [2, [4, 8, 16, 16, 16, 16, 16, 8]],
      [1, [4, 8, 16, 32, 32, 8]],
    ] as const) {
      const w = await world([], LIMITS);
      const budget = new Semaphore(35);
      await upload(w.store, TARGET, stream(100), { partSize: 4, slots, budget, growth: "double" });
      expect(sizesOf(w)).toEqual(sizes);
      expect(budget.snapshot().peakHeld).toBeLessThanOrEqual(35);
    }
  });

  test("never exceed the largest part of the store", async () => {
    const w = await world([], { ...LIMITS, maxPartSize: 15 });
    await upload(w.store, TARGET, stream(40), { partSize: 4, slots: 20, growth: "double" });
    expect(sizesOf(w)).toEqual([4, 8, 8, 8, 8, 4]);
  });

  test("are all alike where equal parts are asked for, where a part size is given, and where the length is known", async () => {
    const cases: UploadOptions[] = [
      { partSize: 4, growth: "uniform" },
      { partSize: 4 },
      { partSize: 4, growth: "double", length: 30 },
    ];
    for (const options of cases) {
      const w = await world([], LIMITS);
      await upload(w.store, TARGET, stream(30), { ...options, slots: 16 });
      expect(sizesOf(w)).toEqual([4, 4, 4, 4, 4, 4, 4, 2]);
    }
  });

  test("double by default: 8 MiB become 16 MiB, two at a time in the memory of four", async () => {
    const piece = new Uint8Array(MiB);
    const body = (function* () {
      for (;;) yield piece;
    })();
    // Throws away what it is sent: what is looked for is where the upload ends.
    const memory = new MemoryStore();
    await memory.buckets.create(TARGET.bucket);
    let largest = 0;
    const sink: ObjectStore = new Proxy(memory, {
      get: (inner, name: keyof MemoryStore) =>
        name === "putPart"
          ? async (_: unknown, partNumber: number, part: Uint8Array) => {
              largest = Math.max(largest, part.length);
              return { partNumber, etag: "x" };
            }
          : typeof inner[name] === "function"
            ? (inner[name] as () => unknown).bind(inner)
            : inner[name],
    });
    const limits = { ...memory.limits, maxParts: 10 };
    const small: ObjectStore = new Proxy(sink, {
      get: (inner, name: keyof ObjectStore) => (name === "limits" ? limits : inner[name]),
    });
    const options = { integrity: "none" } as const;
    const failure = await upload(small, TARGET, body, options).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: "ERR_OBJECT_TOO_LARGE",
      maxBytes: (8 + 9 * 16) * MiB,
      partSize: 8 * MiB,
      largestPart: 16 * MiB,
    });
    expect(largest).toBe(16 * MiB);
  });

  test("keep to the budget, or to slots × the first part, however they grow", () =>
    fc.assert(
      fc.asyncProperty(
        fc.record({
          size: fc.nat(200),
          slots: fc.integer({ min: 1, max: 5 }),
          spare: fc.option(fc.nat(60)),
          maxParts: fc.integer({ min: 1, max: 30 }),
        }),
        async ({ size, slots, spare, maxParts }) => {
          const w = await world([], { maxParts });
          const budget = spare === null ? undefined : new Semaphore(4 + spare);
          const bound = budget?.capacity ?? slots * 4;
          const outcome = await upload(w.store, TARGET, stream(size), {
            partSize: 4,
            slots,
            budget,
            growth: "double",
            onProgress: ({ held }) => expect(held).toBeLessThanOrEqual(bound),
          }).catch((error: unknown) => error);
          if (outcome instanceof Error) {
            expect(outcome).toMatchObject({ code: "ERR_OBJECT_TOO_LARGE" });
            expect((outcome as Error & { maxBytes: number }).maxBytes).toBeLessThan(size);
            expect(await w.leftovers()).toBe(0);
          } else {
            expect((await w.object())!).toEqual(bytesOf(size));
          }
          expect(sizesOf(w).length).toBeLessThanOrEqual(maxParts);
          expect(budget?.held ?? 0).toBe(0);
        },
      ),
    ));

  test("that would be too many are refused before they are sent, and the source is cancelled", async () => {
    const w = await world([], { maxParts: 3 });
    const { body, state } = spied(cut(bytesOf(100), [3]));
    await expect(upload(w.store, TARGET, body, { partSize: 4, growth: "double" })).rejects.toMatchObject({
      code: "ERR_OBJECT_TOO_LARGE",
      maxBytes: 20,
      message: "the body exceeds 20 bytes, the most that 3 parts of 4 to 8 bytes may hold here",
    });
    expect(state.stopped).toBe(true);
    expect(sizesOf(w).length).toBeLessThanOrEqual(3);
    expect(await w.leftovers()).toBe(0);
  });

  test("need a growth that there is", async () => {
    const { store } = await world();
    const options = { growth: "triple" } as unknown as UploadOptions;
    await expect(upload(store, TARGET, "x", options)).rejects.toThrow(/"double" or "uniform", got "triple"/);
  });
});

describe("a warning", () => {
  test("comes at half and at four fifths of the parts, if nobody knows how much is to come", async () => {
    const { store } = await world([], { maxParts: 10 });
    const warnings: UploadWarning[] = [];
    const options = { partSize: 4, onWarning: (warning: UploadWarning) => warnings.push(warning) };
    await upload(store, TARGET, cut(bytesOf(40), [4]), options);
    expect(warnings).toEqual([
      {
        code: "WARN_PARTS_HALF",
        message: "5 of 10 parts are used up by 20 bytes; above 40 bytes the upload will fail",
        parts: 5,
        maxParts: 10,
        bytes: 20,
        maxBytes: 40,
      },
      expect.objectContaining({ code: "WARN_PARTS_SCARCE", parts: 8, bytes: 32 }),
    ]);
    await upload(store, TARGET, cut(bytesOf(40), [4]), { ...options, length: 40 });
    expect(warnings).toHaveLength(2);
  });

  test("whose listener throws fails the upload with its error", async () => {
    const { store, leftovers } = await world([], { maxParts: 4 });
    const error = new Error("of the listener");
    const budget = new Semaphore(64);
    const { body, state } = spied(cut(bytesOf(16), [4]));
    const onWarning = () => {
      throw error;
    };
    await expect(upload(store, TARGET, body, { partSize: 4, budget, onWarning })).rejects.toBe(error);
    expect([state.stopped, await leftovers(), budget.held]).toEqual([true, 0, 0]);
  });
});

describe("on a store that wants equal parts, as R2,", () => {
  const EQUAL = { ...LIMITS, equalParts: true };

  test("parts of a body of unknown length are alike, whatever is left out", async () => {
    const w = await world([], { ...EQUAL, maxPartSize: 12 });
    await upload(w.store, TARGET, stream(100), { budget: new Semaphore(96), slots: 2 });
    expect(sizesOf(w)).toEqual([12, 12, 12, 12, 12, 12, 12, 12, 4]);
    expect(await w.object()).toEqual(bytesOf(100));
  });

  test("they are multiples of what it asks for, under any budget and for any length", () => {
    const limits = { ...S3_LIMITS, equalParts: true, partMultiple: 3 * MiB, minPartSize: 6 * MiB };
    const first = (options: PlanOptions, length?: number) => planParts(limits, length, options).growth.first;
    expect(first({ slots: 4 })).toBe(6 * MiB);
    expect(first({ slots: 4 }, 100_000 * MiB)).toBe(12 * MiB);
    expect(first({ slots: 1, budget: new MemoryBudget("7MiB") })).toBe(6 * MiB);
    expect(first({ slots: 3, budget: new MemoryBudget("64MiB") })).toBe(21 * MiB);
    expect(() => first({ slots: 1, partSize: "8MiB" })).toThrow("a multiple of 3145728 bytes");
  });

  test("they are as large as lets each slot have one, and no larger than the largest object asks for", () => {
    const limits = { ...S3_LIMITS, equalParts: true };
    const sizeIn = (options: PlanOptions, more: Partial<StoreLimits> = {}) =>
      planParts({ ...limits, ...more }, undefined, options).growth;
    const budget = new MemoryBudget("512MiB");
    const all = (size: number) => ({ first: size, largest: size, step: 1_000 });
    expect(sizeIn({ slots: 4, budget })).toEqual(all(128 * MiB));
    expect(sizeIn({ slots: 4, budget }, { maxObjectSize: 10_000 * 40 * MiB })).toEqual(all(40 * MiB));
    expect(sizeIn({ slots: 4, budget, partSize: "5MiB" })).toEqual(all(5 * MiB));
    expect(sizeIn({ slots: 4 })).toEqual(all(8 * MiB));
    expect(sizeIn({ slots: 4, budget: new MemoryBudget("6MiB") })).toEqual(all(6 * MiB));
  });

  test("growth is refused at the door, and a body that would exceed what equal parts hold as ever", async () => {
    const w = await world([], EQUAL);
    await expect(upload(w.store, TARGET, stream(100), { growth: "double" })).rejects.toMatchObject({
      code: "ERR_INVALID_VALUE",
      expected: '"uniform", or left out, on a store that wants equal parts',
    });
    expect(w.store.calls).toEqual([]);
    await expect(upload(w.store, TARGET, stream(100), { partSize: 8 })).rejects.toMatchObject({
      code: "ERR_OBJECT_TOO_LARGE",
      maxBytes: 80,
    });
    expect(await w.leftovers()).toBe(0);
  });
});
