import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { fail, faulty, hang, MemoryStore, StoreError, slow } from "@sluice/object-store";
import { type UploadManyEvent, type UploadManyProgress, uploadMany } from "@sluice/s3-upload/node";
import { MemoryBudget } from "@sluice/semaphore";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bytesOf, deferred } from "./worlds.js";

let folder: string;
let memory: MemoryStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-upload-many-"));
  memory = new MemoryStore({ limits: { minPartSize: 4, maxPutSize: 64 } });
  await memory.buckets.create("box");
});
afterEach(() => rm(folder, { recursive: true }));

const TINY = { bucket: "box", partSize: 8, retry: { baseDelay: 0 } } as const;
const at = (name: string) => join(folder, name);
async function files(sizes: Readonly<Record<string, number>>): Promise<void> {
  for (const [name, size] of Object.entries(sizes)) {
    await mkdir(dirname(at(name)), { recursive: true });
    await writeFile(at(name), bytesOf(size));
  }
}
async function stored(): Promise<Record<string, number>> {
  const { objects } = await memory.list("box");
  return Object.fromEntries(objects.map(({ key, size }) => [key, size]));
}
const leftOpen = async () => (await memory.listMultiparts("box")).uploads.length;
const codes = (failed: readonly { error: unknown }[]) =>
  failed.map(({ error }) => (error as { code?: unknown }).code);

describe("a folder goes up", () => {
  test("with all folders in it, below the prefix, and comes to what is in it", async () => {
    await files({ a: 3, "deep/b": 20, "deep/er/c": 0 });
    await mkdir(at("empty"));
    for (const prefix of ["p", "p/"]) {
      const result = await uploadMany(memory, folder, { ...TINY, prefix });
      expect(result).toEqual({ files: 3, bytes: 23, skipped: 0, failed: [], failedCount: 0 });
    }
    expect(await stored()).toEqual({ "p/a": 3, "p/deep/b": 20, "p/deep/er/c": 0 });
    await uploadMany(memory, pathToFileURL(folder), TINY);
    expect(Object.keys(await stored())).toContain("deep/er/c");
  });

  test("byte for byte, whatever the names and sizes, inside a budget of two parts that it gives back", async () => {
    const name = fc.string({
      unit: fc.constantFrom("a", "B", "é", " ", "%", "+", "\\", "."),
      minLength: 1,
      maxLength: 5,
    });
    const usable = name.filter((text) => !/^\.+$/.test(text));
    const tree = fc.dictionary(
      usable.map((text) => `${text}-`),
      fc.nat(50),
      { maxKeys: 6 },
    );
    await fc.assert(
      fc.asyncProperty(tree, fc.integer({ min: 1, max: 5 }), async (sizes, slots) => {
        await rm(folder, { recursive: true });
        await mkdir(folder);
        memory = new MemoryStore({ limits: { minPartSize: 4, maxPutSize: 64 } });
        await memory.buckets.create("box");
        await files({ ...sizes, "d/x": 9 });
        const budget = new MemoryBudget(16);
        await uploadMany(memory, folder, { ...TINY, slots, budget });
        expect(await stored()).toEqual({ ...sizes, "d/x": 9 });
        expect(budget.held).toBe(0);
        expect(budget.snapshot().peakHeld).toBeLessThanOrEqual(16);
      }),
      { numRuns: 25 },
    );
  });

  test("no more files at a time than there are slots, and small ones cost their size", async () => {
    await files({ a: 3, b: 3, c: 3, d: 3 });
    const gate = deferred();
    const store = faulty(memory, [slow("put", () => gate.promise)]);
    const budget = new MemoryBudget(1_000);
    const events: UploadManyEvent[] = [];
    const done = uploadMany(store, folder, {
      ...TINY,
      slots: 2,
      budget,
      onEvent: (event) => events.push(event),
    });
    while (store.calls.length < 2) await new Promise(setImmediate);
    expect([events.map(({ type }) => type), budget.held]).toEqual([["begun", "begun"], 6]);
    gate.resolve();
    expect((await done).files).toBe(4);
    expect(budget.snapshot().peakHeld).toBe(6);
  });

  test("progress never goes back, and ends with all files and bytes", async () => {
    await files({ a: 30, b: 0, c: 5 });
    const seen: UploadManyProgress[] = [];
    await uploadMany(memory, folder, { ...TINY, onProgress: (now) => seen.push(now) });
    for (const [i, now] of seen.slice(1).entries()) {
      expect(now.bytes).toBeGreaterThanOrEqual(seen[i]!.bytes);
      expect(now.files).toBeGreaterThanOrEqual(seen[i]!.files);
    }
    expect(seen.at(-1)).toMatchObject({ files: 3, skipped: 0, failed: 0, bytes: 35 });
  });

  test("files that are named one by one, from any source", async () => {
    await files({ a: 3, b: 4 });
    async function* named() {
      yield { path: at("a"), key: "x/1" };
      yield { path: at("none"), key: "x/2" };
      yield { path: at("b"), key: "x/3" };
    }
    const { failed, files: count } = await uploadMany(memory, named(), { ...TINY, prefix: "p" });
    expect([count, failed[0]?.key, codes(failed)]).toEqual([2, "p/x/2", ["ENOENT"]]);
    expect(await stored()).toEqual({ "p/x/1": 3, "p/x/3": 4 });
  });
});

describe("what is no plain file", () => {
  test("links are skipped and said; with followLinks they are followed, and a loop is not", async () => {
    await files({ "a/x": 3 });
    await symlink(at("a"), at("to-a"));
    await symlink(folder, at("a/up"));
    await symlink(at("a/x"), at("to-x"));
    const events: UploadManyEvent[] = [];
    const onEvent = (event: UploadManyEvent) => void events.push(event);
    const { skipped } = await uploadMany(memory, folder, { ...TINY, onEvent });
    expect(skipped).toBe(3);
    expect(events.flatMap((event) => (event.type === "skipped" ? [event.why] : []))).toEqual([
      "link",
      "link",
      "link",
    ]);
    expect(await stored()).toEqual({ "a/x": 3 });
    const followed = await uploadMany(memory, folder, { ...TINY, followLinks: true });
    expect(followed).toMatchObject({ files: 3, skipped: 2, failedCount: 0 });
    expect(await stored()).toEqual({ "a/x": 3, "to-a/x": 3, "to-x": 3 });
  });

  test("sockets are skipped, and a link to nothing that is to be followed is a failure", async () => {
    const server = createServer().listen(at("socket"));
    await symlink(at("nothing"), at("link"));
    const { skipped, failed } = await uploadMany(memory, folder, { ...TINY, followLinks: true });
    expect([skipped, codes(failed)]).toEqual([1, ["ENOENT"]]);
    await new Promise((resolve) => server.close(resolve));
  });

  test("folders that are nested too deep are a failure, and the rest goes up", async () => {
    await files({ [`${"d/".repeat(130)}x`]: 3, a: 1 });
    const { failed } = await uploadMany(memory, folder, TINY);
    expect(codes(failed)).toEqual(["ERR_TOO_DEEP"]);
    expect(await stored()).toEqual({ a: 1 });
  });

  test("a folder that does not exist, and a file, are refused", async () => {
    await files({ a: 1 });
    await expect(uploadMany(memory, at("none"), TINY)).rejects.toMatchObject({ code: "ENOENT" });
    await expect(uploadMany(memory, at("a"), TINY)).rejects.toMatchObject({ code: "ENOTDIR" });
    await expect(uploadMany(memory, "", TINY)).rejects.toMatchObject({ code: "ERR_INVALID_VALUE" });
  });
});

describe("failures", () => {
  const refused = () => new StoreError("AccessDenied", "no");

  test("of one file stop no other, and are in the result with their key, path and error", async () => {
    await files({ a: 3, b: 30, c: 3 });
    const store = faulty(memory, [fail("putPart", refused)]);
    const budget = new MemoryBudget(16);
    const result = await uploadMany(store, folder, { ...TINY, budget });
    expect(result).toMatchObject({ files: 2, bytes: 6, failedCount: 1 });
    expect(result.failed).toMatchObject([{ key: "b", path: at("b"), error: { code: "AccessDenied" } }]);
    expect([await leftOpen(), budget.held]).toEqual([0, 0]);
  });

  test("stop all others if stopOnError says so, and leave no upload open", async () => {
    await files({ a: 30, b: 30, c: 30, d: 30 });
    const store = faulty(memory, [fail("putPart", refused, ({ nth }) => nth > 2)]);
    await expect(uploadMany(store, folder, { ...TINY, slots: 2, stopOnError: true })).rejects.toMatchObject({
      code: "AccessDenied",
    });
    expect(await leftOpen()).toBe(0);
  });

  test("that every file would have end it at once", async () => {
    await files({ a: 3, b: 3, c: 3 });
    const store = faulty(new MemoryStore({ limits: { minPartSize: 4 }, autoCreateBuckets: false }), []);
    await expect(uploadMany(store, folder, { ...TINY, slots: 1 })).rejects.toMatchObject({
      code: "NoSuchBucket",
    });
    expect(store.calls).toHaveLength(1);
    await expect(uploadMany(memory, folder, { ...TINY, partSize: 1 })).rejects.toMatchObject({
      code: "ERR_INVALID_VALUE",
    });
  });

  test("of listeners and of the filter end it with their error", async () => {
    await files({ a: 3, b: 3 });
    const bang = new Error("bang");
    const throws = () => {
      throw bang;
    };
    for (const options of [{ onProgress: throws }, { onEvent: throws }, { filter: throws }]) {
      await expect(uploadMany(memory, folder, { ...TINY, ...options })).rejects.toBe(bang);
    }
  });

  test("are kept up to 1,000, and counted beyond", async () => {
    const none = Array.from({ length: 1_003 }, (_, i) => ({ path: at(`none-${i}`), key: String(i) }));
    const { failed, failedCount } = await uploadMany(memory, none, TINY);
    expect([failed.length, failedCount]).toEqual([1_000, 1_003]);
  });

  test("an abort in the midst rejects with its reason, and leaves no upload open and nothing held", async () => {
    await files({ a: 30, b: 30, c: 3 });
    const store = faulty(memory, [hang("putPart", ({ nth }) => nth >= 3)]);
    const stop = new AbortController();
    const budget = new MemoryBudget(64);
    const done = uploadMany(store, folder, { ...TINY, budget, signal: stop.signal });
    while (store.calls.filter(({ method }) => method === "putPart").length < 3)
      await new Promise(setImmediate);
    stop.abort("enough");
    await expect(done).rejects.toBe("enough");
    expect([await leftOpen(), budget.held]).toEqual([0, 0]);
  });
});

test("stopped or refused at any request, uploads leave nothing open, and no more than the budget is ever held", async () => {
  await files({ a: 30, b: 3, c: 17, "d/e": 40, "d/f": 0 });
  const moment = fc.integer({ min: 1, max: 40 });
  await fc.assert(
    fc.asyncProperty(
      moment,
      fc.uniqueArray(moment, { maxLength: 4 }),
      fc.integer({ min: 1, max: 5 }),
      async (at, bad, slots) => {
        memory = new MemoryStore({ limits: { minPartSize: 4, maxPutSize: 64 } });
        await memory.buckets.create("box");
        const stop = new AbortController();
        const store = faulty(memory, [
          fail(
            ["put", "putPart", "createMultipart", "completeMultipart"],
            () => new StoreError("AccessDenied", "no"),
            ({ nth }) => bad.includes(nth),
          ),
          slow("*", async ({ nth }) => nth === at && stop.abort("enough")),
        ]);
        const budget = new MemoryBudget(16);
        const outcome = await uploadMany(store, folder, {
          ...TINY,
          slots,
          budget,
          signal: stop.signal,
        }).catch((error: unknown) => error);
        if (outcome !== "enough") {
          const { files: done, failedCount } = outcome as { files: number; failedCount: number };
          expect([done, done + failedCount]).toEqual([Object.keys(await stored()).length, 5]);
        }
        expect([await leftOpen(), budget.held]).toEqual([0, 0]);
        expect(budget.snapshot().peakHeld).toBeLessThanOrEqual(16);
      },
    ),
    { numRuns: 40 },
  );
});

describe("what is there already", () => {
  beforeEach(async () => {
    await files({ a: 3, b: 3 });
    await memory.put({ bucket: "box", key: "a" }, bytesOf(9));
  });

  test("is replaced, skipped, or a failure, as onConflict says", async () => {
    const skipped = await uploadMany(memory, folder, { ...TINY, onConflict: "skip" });
    expect([skipped.files, skipped.skipped, await stored()]).toEqual([1, 1, { a: 9, b: 3 }]);
    const failed = await uploadMany(memory, folder, { ...TINY, onConflict: "fail" });
    expect(codes(failed.failed)).toEqual(["PreconditionFailed", "PreconditionFailed"]);
    const replaced = await uploadMany(memory, folder, TINY);
    expect([replaced.files, await stored()]).toEqual([2, { a: 3, b: 3 }]);
    const wrong = { ...TINY, onConflict: "overwrite" as "replace" };
    await expect(uploadMany(memory, folder, wrong)).rejects.toMatchObject({ code: "ERR_INVALID_VALUE" });
  });

  test("and came between the look and the upload is skipped as well", async () => {
    const blind = faulty(memory, [fail("head", () => new StoreError("NoSuchKey", "none"))]);
    const { skipped } = await uploadMany(blind, folder, { ...TINY, onConflict: "skip" });
    expect([skipped, await stored()]).toEqual([1, { a: 9, b: 3 }]);
  });

  test("a filter leaves files out, and they count as skipped", async () => {
    const result = await uploadMany(memory, folder, { ...TINY, filter: async ({ key }) => key !== "a" });
    expect([result.files, result.skipped]).toEqual([1, 1]);
  });
});
