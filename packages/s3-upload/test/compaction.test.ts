import {
  type Fault,
  fail,
  faulty,
  hang,
  loseAnswer,
  MemoryStore,
  type ObjectStore,
  type StoreCall,
  StoreError,
  type StoreLimits,
  type StoreMethod,
  slow,
} from "@sluice/object-store";
import { type UploadOptions, upload } from "@sluice/s3-upload";
import { Semaphore } from "@sluice/semaphore";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { overriding } from "./overriding.js";
import { bytesOf, cut, spied, TARGET } from "./worlds.js";

afterEach(() => {
  vi.useRealTimers();
});

const METHODS: readonly StoreMethod[] = [
  "put",
  "head",
  "delete",
  "createMultipart",
  "putPart",
  "copyPart",
  "listParts",
  "completeMultipart",
  "abortMultipart",
];

/** A store of four parts of an upload, unless told otherwise, and what can be found there afterwards. */
async function world(faults: readonly Fault[] = [], limits: Partial<StoreLimits> = {}) {
  const memory = new MemoryStore({
    limits: { minPartSize: 4, maxPartSize: 16, maxPutSize: 16, maxParts: 4, ...limits },
  });
  await memory.buckets.create(TARGET.bucket);
  const store = faulty(memory, faults);
  return {
    memory,
    store,
    calls: (method: StoreMethod) => store.calls.filter((call) => call.method === method),
    async object() {
      const answer = await memory.get(TARGET).catch(() => undefined);
      return answer && new Uint8Array(await new Response(answer.body).arrayBuffer());
    },
    /** Everything that is left beside the target: objects, and parts of uploads. */
    async rest() {
      const { objects } = await memory.list(TARGET.bucket);
      const { uploads } = await memory.listMultiparts(TARGET.bucket);
      return {
        objects: objects.map(({ key }) => key).filter((key) => key !== TARGET.key),
        uploads,
        parts: (await Promise.all(uploads.map(async (open) => (await memory.listParts(open)).parts))).flat(),
      };
    },
  };
}

const NOTHING = { objects: [], uploads: [], parts: [] };
const AT_ONCE = { baseDelay: 0, random: () => 0 };

const compacted = (
  store: ObjectStore,
  bytes: Uint8Array,
  options: UploadOptions = {},
  chunks: readonly number[] = [7],
) => upload(store, TARGET, cut(bytes, chunks), { partSize: 4, compaction: true, retry: AT_ONCE, ...options });

describe("compaction takes more parts than the store does", () => {
  const plans = fc.record({
    size: fc.nat(256),
    partSize: fc.constantFrom(4, 5, 8, 16),
    maxPartSize: fc.constantFrom(16, 20, 64),
    maxParts: fc.integer({ min: 3, max: 12 }),
    slots: fc.integer({ min: 1, max: 4 }),
    known: fc.boolean(),
    chunks: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 4 }),
  });

  test("the object equals the input, at any size and any order of arrival, and nothing else is left", () =>
    fc.assert(
      fc.asyncProperty(plans, fc.scheduler(), async (plan, s) => {
        const { size, partSize, maxPartSize, maxParts, slots, known, chunks } = plan;
        const turn = () => s.schedule(Promise.resolve());
        const slowly = [slow(["putPart", "copyPart", "completeMultipart", "createMultipart"], turn)];
        const { store, object, rest } = await world(slowly, { maxPartSize, maxParts });
        const bytes = bytesOf(size);
        const budget = new Semaphore(slots * partSize);
        const loaded: number[] = [];
        const running = compacted(
          store,
          bytes,
          {
            partSize,
            slots,
            budget,
            length: known ? size : undefined,
            onProgress: (progress) => {
              loaded.push(progress.loaded);
              expect(progress.held).toBeLessThanOrEqual(slots * partSize);
            },
          },
          chunks,
        ).catch((error: unknown) => error);
        const outcome = await s.waitFor(running);
        expect(budget.held).toBe(0);
        expect(await rest()).toEqual(NOTHING);
        const places = maxParts - Math.floor(maxParts / 10);
        const most = places * Math.floor(maxPartSize / partSize) * partSize;
        if (size > most && (outcome as { code?: unknown }).code === "ERR_OBJECT_TOO_LARGE") {
          expect(await object()).toBeUndefined();
          return;
        }
        expect(outcome).toMatchObject({ size, parts: Math.max(1, Math.ceil(size / partSize)) });
        expect(await object()).toEqual(bytes);
        expect(loaded).toEqual([...loaded].sort((a, b) => a - b));
        expect(loaded.at(-1)).toBe(size);
      }),
      { numRuns: 300 },
    ));

  test("up to the most that the store's parts can hold, and not a byte more", async () => {
    const { store, object } = await world();
    await compacted(store, bytesOf(64));
    expect(await object()).toEqual(bytesOf(64));
    const over = { code: "ERR_OBJECT_TOO_LARGE", maxBytes: 64, partSize: 4, maxParts: 16 };
    await expect(compacted(store, bytesOf(65))).rejects.toMatchObject(over);
    const before = store.calls.length;
    await expect(compacted(store, bytesOf(65), { length: 65 })).rejects.toMatchObject(over);
    expect(store.calls).toHaveLength(before);
    expect(await object()).toEqual(bytesOf(64));
  });

  test("up to the largest object, where that is less", async () => {
    const { store, rest } = await world([], { maxObjectSize: 50 });
    expect((await compacted(store, bytesOf(50))).size).toBe(50);
    await expect(compacted(store, bytesOf(51))).rejects.toMatchObject({ maxBytes: 50 });
    expect(await rest()).toEqual(NOTHING);
  });

  test("every byte is copied once, each block by one request, where maxParts parts fill a block", async () => {
    const { store, calls } = await world([], { maxParts: 20 });
    const copies = async (size: number, options?: UploadOptions) => {
      const before = calls("copyPart").length;
      await compacted(store, bytesOf(size), options);
      return calls("copyPart").length - before;
    };
    // Two parts of 4 bytes go straight to the target, then come blocks of 16 bytes.
    expect(await copies(8)).toBe(0);
    expect(await copies(9)).toBe(1);
    expect(await copies(200)).toBe(12);
    expect(await copies(8 + 18 * 16)).toBe(18);
  });

  test("what is known to fit without copies it does not copy; of the rest, no more than it must", async () => {
    const { store, calls } = await world([], { maxParts: 20 });
    await compacted(store, bytesOf(80), { length: 80 });
    expect(calls("copyPart")).toHaveLength(0);
    await compacted(store, bytesOf(93), { length: 93 });
    // 18 parts of 4 bytes, and 21 bytes in two places: two blocks of 16 and 5.
    expect(calls("copyPart")).toHaveLength(2);
  });

  test("a budget that affords no larger parts is no hindrance any more", async () => {
    const { store, object } = await world([], { maxParts: 4, maxPartSize: 64, maxPutSize: 64 });
    const budget = new Semaphore(8);
    const options = { partSize: undefined, length: 100, budget, slots: 2 };
    await expect(compacted(store, bytesOf(100), { ...options, compaction: false })).rejects.toMatchObject({
      code: "ERR_PART_TOO_LARGE_FOR_BUDGET",
    });
    await compacted(store, bytesOf(100), options);
    expect(await object()).toEqual(bytesOf(100));
    expect(budget.snapshot().peakHeld).toBeLessThanOrEqual(8);
  });

  test("where maxParts parts do not fill a block, blocks are made of blocks, each byte copied once a level", async () => {
    const { store, object, calls } = await world([], { maxPartSize: 64, maxPutSize: 64 });
    const sizesOf: Promise<number>[] = [];
    const watched: ObjectStore = {
      ...store,
      limits: store.limits,
      copyPart: (to, number, from, options) => {
        sizesOf.push(store.head(from).then(({ size }) => size));
        return store.copyPart(to, number, from, options);
      },
    };
    await compacted(watched, bytesOf(256));
    expect(await object()).toEqual(bytesOf(256));
    // 64 parts in 16 inner blocks of 16 bytes, in 4 outer ones of 64.
    expect(calls("copyPart")).toHaveLength(16 + 4);
    const copied = (await Promise.all(sizesOf)).reduce((sum, size) => sum + size, 0);
    expect(copied).toBe(2 * 256);
  });

  test("temporary names are under the prefix, and differ from upload to upload", async () => {
    const { store, calls } = await world();
    const keys = () =>
      calls("createMultipart")
        .map(({ args }) => (args[0] as { key: string }).key)
        .filter((key) => key !== TARGET.key);
    await compacted(store, bytesOf(20));
    await compacted(store, bytesOf(20), { compaction: { temporaryPrefix: "tmp/" } });
    expect(keys()).toEqual([
      expect.stringMatching(/^sluice-temporary\/[0-9a-f-]{36}\/0-1-0$/),
      expect.stringMatching(/^sluice-temporary\/[0-9a-f-]{36}\/1-1-0$/),
      expect.stringMatching(/^tmp\/[0-9a-f-]{36}\/0-1-0$/),
      expect.stringMatching(/^tmp\/[0-9a-f-]{36}\/1-1-0$/),
    ]);
    expect(new Set(keys().map((key) => key.split("/")[1])).size).toBe(2);
  });

  test.each([
    ["fewer direct parts than none", { directParts: -1 }],
    ["more direct parts than the store takes", { directParts: 5 }],
    ["half a direct part", { directParts: 0.5 }],
    ["an empty prefix, which no lifecycle rule could tell", { temporaryPrefix: "" }],
    ["a prefix that leaves no room for a name", { temporaryPrefix: "x".repeat(945) }],
  ])("%s is refused before any request", async (_what, compaction) => {
    const { store } = await world();
    await expect(compacted(store, bytesOf(20), { compaction })).rejects.toMatchObject({
      code: "ERR_INVALID_VALUE",
    });
    expect(store.calls).toEqual([]);
  });

  test("directParts says how many parts are not copied", async () => {
    const { store, calls, object } = await world();
    await compacted(store, bytesOf(12), { compaction: { directParts: 3 } });
    expect(calls("copyPart")).toHaveLength(0);
    await compacted(store, bytesOf(28), { compaction: { directParts: 3 } });
    expect(calls("copyPart")).toHaveLength(1);
    expect(await object()).toEqual(bytesOf(28));
    await expect(compacted(store, bytesOf(29), { compaction: { directParts: 3 } })).rejects.toMatchObject({
      maxBytes: 28,
    });
  });

  test("conditions hold when the object is published, and what was there stays until then", async () => {
    const { store, memory, object, rest } = await world();
    const old = new Uint8Array([1, 2, 3]);
    const { etag } = await memory.put(TARGET, old);
    const refused = compacted(store, bytesOf(40), { ifNoneMatch: "*" });
    await expect(refused).rejects.toMatchObject({ code: "PreconditionFailed" });
    expect(await object()).toEqual(old);
    expect(await rest()).toEqual(NOTHING);
    const before: Promise<unknown>[] = [];
    await compacted(store, bytesOf(40), {
      ifMatch: etag,
      contentType: "text/x",
      onProgress: ({ phase }) => {
        if (phase === "completing") before.push(memory.head(TARGET));
      },
    });
    expect(await Promise.all(before)).toMatchObject([{ etag }]);
    expect(await memory.head(TARGET)).toMatchObject({ size: 40, contentType: "text/x" });
  });
});

describe("after a failure of compaction nothing is left, wherever it happens", () => {
  const SHAPES = {
    blocks: {
      bytes: bytesOf(46),
      limits: { maxParts: 5, maxPartSize: 16, maxPutSize: 16 },
      options: { compaction: { directParts: 1 } },
    },
    "blocks of blocks": {
      bytes: bytesOf(70),
      limits: { maxParts: 3, maxPartSize: 64, maxPutSize: 64 },
      options: { compaction: true },
    },
  };
  type Shape = keyof typeof SHAPES;
  const shapes = Object.keys(SHAPES) as Shape[];
  const { bytes: BYTES, limits: LIMITS, options: OPTIONS } = SHAPES.blocks;

  const refused = () => new StoreError("AccessDenied", "no", { status: 403 });
  const kinds: Record<string, (when: (call: StoreCall) => boolean) => Fault> = {
    "is refused": (when) => fail(METHODS, refused, when),
    "fails once": (when) => fail(METHODS, () => new StoreError("NetworkError", "reset"), when),
    "loses its answer": (when) => loseAnswer(METHODS, when),
    "is done and then refused": (when) => ({ on: METHODS, when, do: "lose-answer", error: refused }),
  };
  const only = (nth: number) => (call: StoreCall) => call.nth === nth;

  async function count(shape: Shape): Promise<number> {
    const { bytes, limits, options } = SHAPES[shape];
    const { store } = await world([], limits);
    await compacted(store, bytes, options);
    return store.calls.length;
  }

  const cases = Object.keys(kinds).flatMap((kind) => shapes.map((shape) => [shape, kind] as const));
  test.each(cases)("of %s, whichever request %s", async (shape, kind) => {
    const { bytes, limits, options } = SHAPES[shape];
    const calls = await count(shape);
    expect(calls).toBeGreaterThan(20);
    for (const slots of [1, 3]) {
      for (let nth = 1; nth <= calls; nth++) {
        const { store, rest, object } = await world([kinds[kind]!(only(nth))], limits);
        const outcome = await compacted(store, bytes, { ...options, slots }).catch((error: unknown) => error);
        const where = `${store.calls[nth - 1]?.method} (${nth} of ${calls})`;
        const method = store.calls[nth - 1]?.method;
        const { objects, uploads, parts } = await rest();
        expect([where, objects, parts]).toEqual([where, [], []]);
        // Of an upload whose begin was never answered nobody knows the id. It has no parts.
        const lost = method === "createMultipart" && kind !== "is refused" && kind !== "fails once";
        expect([where, uploads.length]).toEqual([where, lost ? 1 : 0]);
        if (kind === "fails once" || kind === "loses its answer") {
          expect([where, outcome]).toEqual([where, expect.objectContaining({ size: bytes.length })]);
          expect(await object()).toEqual(bytes);
        } else {
          expect([where, outcome]).toEqual([where, expect.objectContaining({ code: "AccessDenied" })]);
          const last = nth === calls && kind === "is done and then refused";
          expect(await object()).toEqual(last ? bytes : undefined);
        }
      }
    }
  });

  test("and if clearing up fails as well, the first failure surfaces with the others attached", async () => {
    const cause = new Error("the cause");
    const { store } = await world(
      [fail("copyPart", () => cause, 2), fail(["delete", "abortMultipart"], refused, ({ nth }) => nth > 1)],
      LIMITS,
    );
    await expect(compacted(store, BYTES, { ...OPTIONS, slots: 1 })).rejects.toBe(cause);
    const { alsoFailed } = cause as { alsoFailed?: readonly { code?: unknown }[] };
    expect(alsoFailed?.map(({ code }) => code)).toContain("AccessDenied");
  });

  test.each(shapes)("of %s, whichever request hangs when the caller aborts", async (shape) => {
    const { bytes, limits, options } = SHAPES[shape];
    vi.useFakeTimers();
    const calls = await count(shape);
    for (const slots of [1, 3]) {
      for (let nth = 1; nth <= calls; nth++) {
        const { store, rest, object } = await world([hang(METHODS, only(nth))], limits);
        const budget = new Semaphore(12);
        const stop = new AbortController();
        const reason = new Error(`the caller left at ${nth}`);
        const source = spied(cut(bytes, [7]));
        const running = upload(store, TARGET, source.body, {
          ...options,
          partSize: 4,
          retry: AT_ONCE,
          slots,
          budget,
          signal: stop.signal,
        }).catch((error: unknown) => error);
        await vi.advanceTimersByTimeAsync(100);
        stop.abort(reason);
        // What may have made something is awaited for ten seconds.
        await vi.advanceTimersByTimeAsync(10_000);
        await vi.advanceTimersByTimeAsync(30_000);
        expect(await running).toBe(reason);
        expect([nth, await rest()]).toEqual([nth, NOTHING]);
        expect(await object()).toBeUndefined();
        expect(budget.held).toBe(0);
        expect(vi.getTimerCount()).toBe(0);
      }
    }
  });

  test.each(shapes)("of %s, whenever the caller aborts", async (shape) => {
    const { bytes, limits, options } = SHAPES[shape];
    const calls = await count(shape);
    for (let nth = 1; nth <= calls; nth++) {
      const stop = new AbortController();
      const reason = new Error("the caller left");
      const abort = async () => stop.abort(reason);
      const { store, rest, object } = await world([slow(METHODS, abort, only(nth))], limits);
      const running = compacted(store, bytes, { ...options, signal: stop.signal });
      await expect(running).rejects.toBe(reason);
      expect([nth, await rest()]).toEqual([nth, NOTHING]);
      expect(await object()).toBeUndefined();
    }
  });

  test("a completion that is answered after the caller has left is cleared away", async () => {
    const stop = new AbortController();
    const { store, memory, rest } = await world([], LIMITS);
    let published = () => {};
    const late = new Promise<void>((resolve) => {
      published = resolve;
    });
    // The first completion is that of a temporary object: it is carried out, but answered only later.
    const lagging: ObjectStore = {
      ...store,
      limits: store.limits,
      completeMultipart: async (to, parts, options) => {
        const result = await store.completeMultipart(to, parts, { ...options, signal: undefined });
        stop.abort(new Error("the caller left"));
        await late;
        return result;
      },
    };
    const running = compacted(lagging, BYTES, { ...OPTIONS, slots: 1, signal: stop.signal });
    await vi.waitFor(async () => expect((await memory.list(TARGET.bucket)).objects).toHaveLength(1));
    published();
    await expect(running).rejects.toThrow("the caller left");
    expect(await rest()).toEqual(NOTHING);
  });

  test("the version of a temporary object is deleted, where the bucket keeps versions", async () => {
    const { store, calls } = await world([], LIMITS);
    const versioned: ObjectStore = {
      ...store,
      limits: store.limits,
      completeMultipart: async (to, parts, options) => ({
        ...(await store.completeMultipart(to, parts, options)),
        versionId: "null",
      }),
    };
    await compacted(versioned, BYTES, OPTIONS);
    const deleted = calls("delete").map(({ args }) => args[0]);
    expect(deleted).toHaveLength(3);
    for (const one of deleted) expect(one).toMatchObject({ versionId: "null" });
  });

  test("leavePartsOnError leaves the upload of the target, and no temporary object", async () => {
    const { store, rest } = await world([fail("copyPart", refused, 2)], LIMITS);
    await expect(compacted(store, BYTES, { ...OPTIONS, leavePartsOnError: true })).rejects.toMatchObject({
      code: "AccessDenied",
    });
    const { objects, uploads } = await rest();
    expect(objects).toEqual([]);
    expect(uploads.map(({ key }) => key)).toEqual([TARGET.key]);
  });
});

test("on a store that wants equal parts, as R2, all parts of the target are blocks", async () => {
  for (const size of [5, 16, 17, 60]) {
    const { store, object, rest } = await world([], { equalParts: true });
    const options = { partSize: 4, compaction: true };
    await upload(store, TARGET, spied(cut(bytesOf(size), [3])).body, options);
    expect(await object()).toEqual(bytesOf(size));
    expect(await rest()).toEqual({ objects: [], uploads: [], parts: [] });
  }
  const { store, calls } = await world([], { equalParts: true });
  const options = { partSize: 4, compaction: { directParts: 1 } };
  await expect(upload(store, TARGET, bytesOf(60), options)).rejects.toMatchObject({
    code: "ERR_INVALID_VALUE",
    what: "directParts",
  });
  expect(calls("createMultipart")).toEqual([]);
});

test("an error that names a part of a block names it by its number in the body", async () => {
  const { store } = await world();
  const nameless = overriding(store, {
    putPart: async (...args) => {
      const part = await store.putPart(...args);
      const bytes = args[2] as Uint8Array;
      return bytes[0] === bytesOf(50)[24] ? { ...part, etag: "" } : part;
    },
  });
  const options = { partSize: 4, compaction: { directParts: 1 }, retry: { attempts: 1 } };
  await expect(upload(nameless, TARGET, bytesOf(50), options)).rejects.toMatchObject({
    code: "ERR_NO_ETAG",
    partNumber: 7,
  });
});
