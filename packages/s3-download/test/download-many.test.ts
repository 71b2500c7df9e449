import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, relative } from "node:path";
import { fail, faulty, hang, MemoryStore, type ObjectStore, StoreError, slow } from "@sluice/object-store";
import { type DownloadManyEvent, type DownloadManyProgress, downloadMany } from "@sluice/s3-download/node";
import { uploadMany } from "@sluice/s3-upload/node";
import { MemoryBudget } from "@sluice/semaphore";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { deferred, folder, useFolder } from "./folder.js";
import { bytes } from "./metered.js";

useFolder();
let memory: MemoryStore;
beforeEach(() => {
  memory = new MemoryStore({ limits: { minPartSize: 4 } });
});

const BOX = { bucket: "box" };
const AT_ONCE = { retry: { baseDelay: 0 } };
const put = async (sizes: Readonly<Record<string, number>>) => {
  for (const [key, size] of Object.entries(sizes)) await memory.put({ ...BOX, key }, bytes(size));
};
/** Every file below, with its bytes. */
function tree(path: string): Record<string, string> {
  const entries = readdirSync(path, { withFileTypes: true, recursive: true });
  return Object.fromEntries(
    entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => `${parentPath}/${name}`)
      .map((file) => [relative(path, file), readFileSync(file, "hex")]),
  );
}
const hex = (size: number) => Buffer.from(bytes(size)).toString("hex");
const to = () => folder.at("to");
const codes = (failed: readonly { error: unknown }[]) =>
  failed.map(({ error }) => {
    const { code, fault } = error as { code?: unknown; fault?: unknown };
    return fault ?? code;
  });

describe("objects become the files of a folder", () => {
  test("those below a prefix, page by page, in folders that are made", async () => {
    await put({ "p/a": 3, "p/d/b": 0, "p/d/e/c": 20, "p-not": 5, q: 5 });
    const pages = new Proxy<ObjectStore>(memory, {
      get: (store, name) =>
        name === "list"
          ? (bucket: string, options: object) => store.list(bucket, { ...options, limit: 2 })
          : Reflect.get(store, name).bind?.(store),
    });
    for (const prefix of ["p", "p/"]) {
      const result = await downloadMany(pages, { ...BOX, prefix }, to());
      expect(result).toEqual({ files: 3, bytes: 23, skipped: 0, failed: [], failedCount: 0 });
    }
    expect(tree(to())).toEqual({ a: hex(3), "d/b": "", "d/e/c": hex(20) });
  });

  test("what goes up comes down equal, in any number of slots and the smallest of budgets", async () => {
    const name = fc.string({ unit: fc.constantFrom("a", "b", "é", " ", "%", "+", "\\", "."), maxLength: 4 });
    const path = fc.array(
      name.map((text) => `_${text}`),
      { minLength: 1, maxLength: 3 },
    );
    const paths = fc.uniqueArray(
      path.map((names) => `${names.map((part, i) => `${i}${part}`).join("/")}!`),
      { maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(
        paths,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 8, max: 40 }),
        async (...run) => {
          const [names, slots, capacity] = run;
          const number = Math.random();
          const from = folder.at(`from-${number}`);
          mkdirSync(from);
          for (const [i, file] of names.entries()) {
            mkdirSync(dirname(`${from}/${file}`), { recursive: true });
            writeFileSync(`${from}/${file}`, bytes(i * 13));
          }
          const bucket = `box-${number}`;
          await memory.buckets.create(bucket);
          const budget = new MemoryBudget(capacity);
          await uploadMany(memory, from, { bucket, prefix: "p", slots, budget, partSize: 8 });
          const down = folder.at(`down-${number}`);
          const result = await downloadMany(memory, { bucket, prefix: "p" }, down, {
            slots,
            budget,
            rangeSize: 8,
          });
          expect(result).toMatchObject({ files: names.length, failedCount: 0 });
          expect(tree(down)).toEqual(tree(from));
          expect(budget.held).toBe(0);
        },
      ),
      { numRuns: 20 },
    );
  });

  test("no more at a time than there are slots, and small ones hold 64 KiB at the most", async () => {
    await put({ a: 3, b: 3, c: 3, d: 3 });
    const gate = deferred();
    const store = faulty(memory, [slow("get", () => gate.promise)]);
    const budget = new MemoryBudget("64MiB");
    const events: DownloadManyEvent[] = [];
    const done = downloadMany(store, BOX, to(), { slots: 2, budget, onEvent: (event) => events.push(event) });
    while (store.calls.filter(({ method }) => method === "get").length < 2) await new Promise(setImmediate);
    expect([events.map(({ type }) => type), budget.held]).toEqual([["begun", "begun"], 2 * 65_536]);
    gate.resolve();
    expect((await done).files).toBe(4);
    expect([budget.held, budget.snapshot().peakHeld]).toEqual([0, 2 * 65_536]);
  });

  test("progress never goes back, and ends with all files and bytes", async () => {
    await put({ a: 30, b: 0, c: 5 });
    const seen: DownloadManyProgress[] = [];
    await downloadMany(memory, BOX, to(), { rangeSize: 8, onProgress: (now) => seen.push(now) });
    for (const [i, now] of seen.slice(1).entries()) {
      expect(now.bytes).toBeGreaterThanOrEqual(seen[i]!.bytes);
      expect(now.files).toBeGreaterThanOrEqual(seen[i]!.files);
    }
    expect(seen.at(-1)).toMatchObject({ files: 3, skipped: 0, failed: 0, bytes: 35 });
  });

  test("an empty object whose key ends in a slash makes a folder, and is not counted", async () => {
    await put({ "p/": 0, "p/empty/": 0, "p/full/": 0, "p/full/a": 1, "p/odd/": 1 });
    const result = await downloadMany(memory, { ...BOX, prefix: "p" }, to());
    expect(result).toMatchObject({ files: 1, skipped: 0, failedCount: 1 });
    expect(codes(result.failed)).toEqual(["bytes in a folder"]);
    expect(readdirSync(to()).sort()).toEqual(["empty", "full"]);
  });
});

describe("a key never leads out of the folder", () => {
  test.each([
    ["../out", "dot segment"],
    ["a/../../out", "dot segment"],
    ["./a", "dot segment"],
    ["/etc/out", "empty segment"],
    ["a//b", "empty segment"],
    ["//", "empty segment"],
    ["C:/out", "drive letter"],
    ["c:\\out", "drive letter"],
    [`a/${"é".repeat(128)}`, "too long"],
    [".a.sluice-part", "a download's own name"],
    [".a.sluice-lock/b", "a download's own name"],
  ])("%s is a failure, and the rest comes", async (key, fault) => {
    await put({ [key]: key.endsWith("/") ? 0 : 3, fine: 1 });
    const { failed, files } = await downloadMany(memory, BOX, to());
    expect([files, codes(failed), failed[0]?.key, failed[0]?.path]).toEqual([1, [fault], key, undefined]);
    expect(failed[0]?.error).toMatchObject({ code: "ERR_UNSAFE_KEY" });
    expect([folder.names(), readdirSync(to())]).toEqual([["to"], ["fine"]]);
  });

  test("nor through a link that is there, unless it is told to follow links", async () => {
    mkdirSync(folder.at("outside"));
    writeFileSync(folder.at("outside/old"), "old");
    mkdirSync(to());
    symlinkSync(folder.at("outside"), folder.at("to/a"));
    symlinkSync(folder.at("outside/old"), folder.at("to/b"));
    await put({ "a/x": 3, b: 3, c: 3 });
    const { failed, files } = await downloadMany(memory, BOX, to());
    expect([files, codes(failed)]).toEqual([1, ["through a link", "through a link"]]);
    expect(readdirSync(folder.at("outside"))).toEqual(["old"]);
    expect(readFileSync(folder.at("outside/old"), "utf8")).toBe("old");
    const followed = await downloadMany(memory, BOX, to(), { followLinks: true });
    expect([followed.files, followed.failedCount]).toEqual([3, 0]);
    expect(tree(folder.at("outside"))).toEqual({ old: hex(3), x: hex(3) });
    expect(lstatSync(folder.at("to/b")).isSymbolicLink()).toBe(true);
  });

  test("whatever keys there are: all that is written is in the folder, or a failure", async () => {
    const unit = fc.constantFrom("a", "b", ".", "..", "/", "\\", "C:", "\0", "~", "-");
    const keys = fc.uniqueArray(fc.string({ unit, minLength: 1, maxLength: 7 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(keys, async (all) => {
        const number = Math.random();
        memory = new MemoryStore();
        await memory.buckets.create("box");
        for (const key of all) await memory.put({ ...BOX, key }, bytes(key.endsWith("/") ? 0 : 2));
        const place = folder.at(`${number}/in/here`);
        const { files, failedCount } = await downloadMany(memory, BOX, place);
        const markers = all.length - files - failedCount;
        expect(markers).toBeGreaterThanOrEqual(0);
        expect(Object.keys(tree(place))).toHaveLength(files);
        expect(
          readdirSync(folder.at(String(number)), { recursive: true }).every((at) =>
            `${at}/`.startsWith("in/"),
          ),
        ).toBe(true);
        expect([readdirSync(folder.at(`${number}/in`)), existsSync("/out")]).toEqual([["here"], false]);
      }),
      { numRuns: 60 },
    );
  });

  test("a key that is a folder of another wins, and what is below it fails, in any number of slots", async () => {
    await put({ a: 3, "a-": 3, "a/b": 3, "a/": 0, "a/b/c": 3, ab: 3 });
    for (const slots of [1, 8]) {
      const { files, failed } = await downloadMany(memory, BOX, to(), { slots });
      expect([files, codes(failed)]).toEqual([3, ["below a file", "below a file", "below a file"]]);
    }
    expect(Object.keys(tree(to())).sort()).toEqual(["a", "a-", "ab"]);
  });

  test("nor replaces a folder by a file, or a file by a folder, that were there before", async () => {
    mkdirSync(folder.at("to/a"), { recursive: true });
    writeFileSync(folder.at("to/b"), "");
    await put({ a: 3, "b/c": 3, "b/d/": 0 });
    const { failed } = await downloadMany(memory, BOX, to());
    expect(codes(failed).sort()).toEqual(["below a file", "below a file", "is a folder"]);
    expect(statSync(folder.at("to/b")).size).toBe(0);
  });
});

describe("failures", () => {
  const lost = (which: string) =>
    faulty(memory, [
      fail(
        "get",
        () => new StoreError("AccessDenied", "no"),
        ({ args }) => (args[0] as { key: string }).key === which,
      ),
    ]);

  test("of one object stop no other, and are in the result with their key, path and error", async () => {
    await put({ a: 3, b: 3, c: 3 });
    const { failed, files } = await downloadMany(lost("b"), BOX, to());
    expect([files, failed]).toMatchObject([
      2,
      [{ key: "b", path: folder.at("to/b"), error: { code: "AccessDenied" } }],
    ]);
    expect(Object.keys(tree(to()))).toEqual(["a", "c"]);
  });

  test("stop all others if stopOnError says so, and leave no temporary file", async () => {
    await put({ a: 30, b: 30, c: 30 });
    const options = { slots: 2, stopOnError: true, rangeSize: 8 };
    await expect(downloadMany(lost("b"), BOX, to(), options)).rejects.toMatchObject({ code: "AccessDenied" });
    expect(readdirSync(to()).filter((name) => name.startsWith("."))).toEqual([]);
  });

  test("that every object would have end it at once, as do those of the listing, of listeners and of the filter", async () => {
    await put({ a: 3, b: 3 });
    const bang = new Error("bang");
    const throws = () => {
      throw bang;
    };
    for (const options of [{ onProgress: throws }, { onEvent: throws }, { filter: throws }]) {
      await expect(downloadMany(memory, BOX, to(), options)).rejects.toBe(bang);
    }
    const listing = faulty(memory, [fail("list", () => bang)]);
    await expect(downloadMany(listing, BOX, to(), AT_ONCE)).rejects.toBe(bang);
    const wrong = downloadMany(memory, BOX, to(), { rangeSize: 0 });
    await expect(wrong).rejects.toMatchObject({ code: "ERR_INVALID_VALUE" });
    await expect(downloadMany(memory, BOX, "")).rejects.toMatchObject({ code: "ERR_INVALID_VALUE" });
  });

  test("an abort in the midst rejects with its reason, and leaves nothing held and no temporary file", async () => {
    await put({ a: 30, b: 30 });
    const second = ({ args }: { args: readonly unknown[] }) =>
      ((args[1] as { range?: { start: number } }).range?.start ?? 0) > 0;
    const store = faulty(memory, [hang("get", second)]);
    const stop = new AbortController();
    const budget = new MemoryBudget(64);
    const options = { rangeSize: 8, window: 1, budget, signal: stop.signal };
    const done = downloadMany(store, BOX, to(), options);
    while (store.calls.filter(({ method, args }) => method === "get" && second({ args })).length < 2)
      await new Promise(setImmediate);
    stop.abort("enough");
    await expect(done).rejects.toBe("enough");
    expect([readdirSync(to()), folder.open(), budget.held]).toEqual([[], [], 0]);
  });

  test("an abort does not wait for a page that never comes", async () => {
    const stop = new AbortController();
    const done = downloadMany(faulty(memory, [hang("list")]), BOX, to(), { signal: stop.signal });
    await new Promise(setImmediate);
    stop.abort("enough");
    await expect(done).rejects.toBe("enough");
  });
});

test("stopped or refused at any request, downloads leave whole files alone, and no more than the budget is ever held", async () => {
  const sizes = { a: 30, b: 3, c: 17, "d/e": 40, "d/f": 0 };
  await put(sizes);
  const moment = fc.integer({ min: 1, max: 25 });
  await fc.assert(
    fc.asyncProperty(
      moment,
      fc.uniqueArray(moment, { maxLength: 4 }),
      fc.integer({ min: 1, max: 5 }),
      async (at, bad, slots) => {
        const stop = new AbortController();
        const store = faulty(memory, [
          fail(
            "get",
            () => new StoreError("AccessDenied", "no"),
            ({ nth }) => bad.includes(nth),
          ),
          slow("*", async ({ nth }) => nth === at && stop.abort("enough")),
        ]);
        const budget = new MemoryBudget(16);
        const place = folder.at(String(Math.random()));
        const options = { slots, budget, rangeSize: 8, signal: stop.signal };
        const outcome = await downloadMany(store, BOX, place, options).catch((error: unknown) => error);
        const files = tree(place);
        for (const [name, content] of Object.entries(files)) expect(content).toBe(hex(sizes[name as "a"]));
        if (outcome !== "enough") {
          const { files: done, failedCount } = outcome as { files: number; failedCount: number };
          expect([done, done + failedCount]).toEqual([Object.keys(files).length, 5]);
        }
        expect([folder.open(), budget.held]).toEqual([[], 0]);
        expect(budget.snapshot().peakHeld).toBeLessThanOrEqual(16);
      },
    ),
    { numRuns: 40 },
  );
});

describe("what is there already", () => {
  test("is replaced, skipped, or a failure, as onConflict says", async () => {
    await put({ a: 3, b: 3 });
    mkdirSync(to());
    writeFileSync(folder.at("to/a"), "old");
    const skipped = await downloadMany(memory, BOX, to(), { onConflict: "skip" });
    expect([skipped.files, skipped.skipped, readFileSync(folder.at("to/a"), "utf8")]).toEqual([1, 1, "old"]);
    const failed = await downloadMany(memory, BOX, to(), { onConflict: "fail" });
    expect(codes(failed.failed)).toEqual(["ERR_FILE_EXISTS", "ERR_FILE_EXISTS"]);
    const replaced = await downloadMany(memory, BOX, to());
    expect([replaced.files, tree(to())]).toEqual([2, { a: hex(3), b: hex(3) }]);
    const wrong = downloadMany(memory, BOX, to(), { onConflict: "overwrite" as "replace" });
    await expect(wrong).rejects.toMatchObject({ code: "ERR_INVALID_VALUE" });
  });

  test("a filter leaves objects out, and they count as skipped", async () => {
    await put({ a: 3, b: 4 });
    const result = await downloadMany(memory, BOX, to(), { filter: async ({ size }) => size > 3 });
    expect([result.files, result.skipped, Object.keys(tree(to()))]).toEqual([1, 1, ["b"]]);
  });
});
