import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { digestOf, fail, faulty, flipBit, hang, MemoryStore, StoreError, slow } from "@sluice/object-store";
import type { DownloadProgress } from "@sluice/s3-download";
import { downloadToFile } from "@sluice/s3-download/node";
import { MemoryBudget } from "@sluice/semaphore";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { deferred, folder, until, useFolder } from "./folder.js";
import { at, bytes, metered } from "./metered.js";

useFolder();
let memory: MemoryStore;
beforeEach(() => {
  memory = new MemoryStore();
});
afterEach(() => {
  vi.restoreAllMocks();
});

const AT_ONCE = { baseDelay: 0 };
const MiB = 2 ** 20;
const read = (name: string) => readFileSync(folder.at(name));
const isBytes = (name: string, length: number) => read(name).equals(bytes(length));
const large = (length: number) => Buffer.alloc(length, bytes(4099));

/** The methods of every open file, to be spied on. */
async function fileMethods() {
  const file = await open("/dev/null");
  await file.close();
  return Object.getPrototypeOf(file) as typeof file;
}

describe("an object becomes a file", () => {
  test("byte for byte, whatever its size and that of the ranges, and nothing else is left", async () => {
    for (const [size, rangeSize, window] of [
      [0, 8, 4],
      [1, 8, 4],
      [8, 8, 1],
      [25, 8, 2],
      [3 * MiB + 7, MiB, 3],
    ] as const) {
      await memory.put(at, bytes(size), { contentType: "a/b" });
      const { etag } = await memory.head(at);
      const budget = new MemoryBudget(4 * MiB);
      const result = await downloadToFile(memory, at, folder.at("file"), { rangeSize, window, budget });
      expect(result).toMatchObject({ path: folder.at("file"), size, etag, resumed: 0 });
      expect(isBytes("file", size)).toBe(true);
      expect([folder.names(), folder.open(), budget.held]).toEqual([["file"], [], 0]);
    }
  });

  test("by one request if it is small", async () => {
    await memory.put(at, bytes(25));
    const store = faulty(memory, []);
    await downloadToFile(store, at, folder.at("file"));
    expect(store.calls.map(({ method }) => method)).toEqual(["get"]);
  });

  test("out of order: a range that stalls holds up none but itself", async () => {
    await memory.put(at, bytes(100));
    const gate = deferred();
    const inner = faulty(memory, [slow("get", () => gate.promise, 2)]);
    const { store, meter } = metered(inner);
    const seen: number[] = [];
    const done = downloadToFile(store, at, folder.at("file"), {
      rangeSize: 10,
      window: 2,
      onProgress: ({ loaded }) => seen.push(loaded),
    });
    await until(() => seen.at(-1) === 90);
    expect(meter.mostOpen).toBe(2);
    expect(folder.names()).toEqual([".file.sluice-lock", ".file.sluice-part"]);
    gate.resolve();
    await done;
    expect(isBytes("file", 100)).toBe(true);
  });

  test("every later range of which is asked for with the version that it began with", async () => {
    await memory.put(at, bytes(100));
    const store = faulty(memory, []);
    const { etag } = await downloadToFile(store, at, folder.at("file"), { rangeSize: 40 });
    const conditions = store.calls.map(({ args }) => (args[1] as { ifMatch?: string }).ifMatch);
    expect(conditions).toEqual([undefined, etag, etag]);
  });

  test("at a URL of a file as well, and with a name that leaves no room for another one", async () => {
    await memory.put(at, bytes(9));
    const name = "é".repeat(127);
    await downloadToFile(memory, at, pathToFileURL(folder.at(name)));
    expect(isBytes(name, 9)).toBe(true);
    expect(folder.names()).toEqual([name]);
  });

  test("whose progress never falls and ends with all of it", async () => {
    await memory.put(at, bytes(100));
    const seen: DownloadProgress[] = [];
    const { store } = metered(memory, { cut: () => 9 });
    const budget = new MemoryBudget(100);
    await downloadToFile(store, at, folder.at("file"), {
      rangeSize: 30,
      budget,
      onProgress: (p) => seen.push(p),
    });
    const loaded = seen.map((p) => p.loaded);
    expect(loaded).toEqual(loaded.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toMatchObject({ loaded: 100, total: 100 });
    expect(Math.max(...seen.map(({ held }) => held))).toBeLessThanOrEqual(100);
  });
});

describe("memory", () => {
  test("is half a mebibyte for each range at a time, however long a range is, and paid for before it is asked for", async () => {
    await memory.put(at, large(16 * MiB));
    const { store, meter } = metered(memory, { cut: () => 65_536 });
    const budget = new MemoryBudget(3 * MiB);
    let held = 0;
    const onProgress = () => {
      held = Math.max(held, budget.held);
    };
    await downloadToFile(store, at, folder.at("file"), { rangeSize: "4MiB", window: 4, budget, onProgress });
    expect(meter.mostOpen).toBe(4);
    expect(held).toBe(4 * (MiB / 2));
    expect(budget.snapshot().peakHeld).toBe(4 * (MiB / 2));
    expect(read("file").equals(large(16 * MiB))).toBe(true);
  });

  test("that is lent out lets the download wait, until it is aborted", async () => {
    await memory.put(at, bytes(100));
    const { store, meter } = metered(memory);
    const budget = new MemoryBudget(16);
    const other = await budget.acquire(16);
    const stop = new AbortController();
    const waiting = downloadToFile(store, at, folder.at("file"), { budget, signal: stop.signal });
    await until(() => budget.waiting === 1);
    expect(meter.asked).toEqual([]);
    stop.abort("late");
    await expect(waiting).rejects.toBe("late");
    other.release();
    expect([budget.held, folder.names()]).toEqual([0, []]);
  });

  test("that is less than one range's share makes the ranges smaller", async () => {
    await memory.put(at, bytes(100));
    const { store, meter } = metered(memory);
    const budget = new MemoryBudget(16);
    await downloadToFile(store, at, folder.at("file"), { budget });
    expect(meter.asked[0]).toEqual({ start: 0, end: 15 });
    expect(meter.mostOpen).toBe(1);
    expect(isBytes("file", 100)).toBe(true);
  });

  test("is not filled while the disk is slow: no byte is taken before the write has ended", async () => {
    await memory.put(at, large(8 * MiB));
    const { store, meter } = metered(memory, { cut: () => 65_536 });
    const methods = await fileMethods();
    const gate = deferred();
    const write = methods.write;
    const spy = vi.spyOn(methods, "write").mockImplementation(async function (this: never, ...args: never[]) {
      await gate.promise;
      return write.apply(this, args as never) as never;
    } as never);
    const done = downloadToFile(store, at, folder.at("file"), { rangeSize: "4MiB", window: 2 });
    await until(() => spy.mock.calls.length === 2);
    for (let i = 0; i < 200; i++) await Promise.resolve();
    expect(meter.given).toBeLessThanOrEqual(2 * (MiB / 2));
    gate.resolve();
    await done;
    expect(read("file").equals(large(8 * MiB))).toBe(true);
  });
});

describe("the name", () => {
  test("has what was there before until all is there, and keeps its permissions", async () => {
    await memory.put(at, bytes(50));
    writeFileSync(folder.at("file"), "old", { mode: 0o640 });
    const seen = new Set<string>();
    const onProgress = () => void seen.add(read("file").toString());
    await downloadToFile(memory, at, folder.at("file"), { rangeSize: 10, onProgress });
    expect([...seen]).toEqual(["old"]);
    expect(isBytes("file", 50)).toBe(true);
    expect(statSync(folder.at("file")).mode & 0o777).toBe(0o640);
  });

  test("of a link stays a link, and the file that it names is replaced", async () => {
    await memory.put(at, bytes(50));
    mkdirSync(folder.at("far"));
    writeFileSync(folder.at("far/file"), "old");
    symlinkSync("far/file", folder.at("link"));
    const { path } = await downloadToFile(memory, at, folder.at("link"));
    expect(path).toBe(folder.at("far/file"));
    expect(lstatSync(folder.at("link")).isSymbolicLink()).toBe(true);
    expect(isBytes("far/file", 50)).toBe(true);
  });

  test.each([
    ["a directory", () => mkdirSync(folder.at("file"))],
    ["a link to nothing", () => symlinkSync("nowhere", folder.at("file"))],
    ["a device", () => symlinkSync("/dev/null", folder.at("file"))],
  ])("of %s is refused before anything is asked for", async (got, make) => {
    make();
    const store = faulty(memory, []);
    const before = folder.names();
    await expect(downloadToFile(store, at, folder.at("file"))).rejects.toMatchObject({
      code: "ERR_NOT_A_FILE",
      path: folder.at("file"),
      got,
    });
    expect([store.calls, folder.names()]).toEqual([[], before]);
  });

  test("in a directory that is not there, or is none, is refused with that directory in the message", async () => {
    writeFileSync(folder.at("plain"), "");
    const store = faulty(memory, []);
    const missing = downloadToFile(store, at, folder.at("no/such"));
    await expect(missing).rejects.toMatchObject({ code: "ENOENT", message: expect.stringContaining("/no'") });
    const wrong = downloadToFile(store, at, folder.at("plain/file"));
    await expect(wrong).rejects.toMatchObject({
      code: "ENOTDIR",
      message: expect.stringContaining("/plain/"),
    });
    await expect(downloadToFile(store, at, folder.at("new/"))).rejects.toMatchObject({
      code: "ERR_NOT_A_FILE",
    });
    await expect(downloadToFile(store, at, "")).rejects.toMatchObject({ code: "ERR_INVALID_VALUE" });
    expect(store.calls).toEqual([]);
  });

  test("is not taken from a file that is there, not even from one that comes while the bytes do", async () => {
    await memory.put(at, bytes(50));
    writeFileSync(folder.at("file"), "old");
    const store = faulty(memory, []);
    const to = (name: string, onProgress = () => {}) =>
      downloadToFile(store, at, folder.at(name), { failIfExists: true, onProgress });
    await expect(to("file")).rejects.toMatchObject({ code: "ERR_FILE_EXISTS", path: folder.at("file") });
    expect(store.calls).toEqual([]);
    const late = to("late", () => writeFileSync(folder.at("late"), "other"));
    await expect(late).rejects.toMatchObject({ code: "ERR_FILE_EXISTS", path: folder.at("late") });
    expect([read("file").toString(), read("late").toString()]).toEqual(["old", "other"]);
    await to("free");
    expect(isBytes("free", 50)).toBe(true);
    expect(folder.names()).toEqual(["file", "free", "late"]);
  });
});

describe("a failure leaves nothing, and what was there before as it was:", () => {
  const denied = () => new StoreError("AccessDenied", "no", { status: 403 });
  const cases: Record<string, (stop: AbortController) => ReturnType<typeof faulty>> = {
    "the object is not there": () => faulty(memory, [fail("get", () => new StoreError("NoSuchKey", "no"))]),
    "the first request": () => faulty(memory, [fail("get", denied, 1)]),
    "a later one, for good": () => faulty(memory, [fail("get", denied, 3)]),
    "the object is replaced": () =>
      faulty(memory, [slow("get", async () => void (await memory.put(at, bytes(100, 7))), 3)]),
    "the object is deleted": () => faulty(memory, [slow("get", () => memory.delete(at), 3)]),
    "an abort at the first request": (stop) =>
      faulty(memory, [slow("get", async () => stop.abort("enough"), 1), hang("get", 1)]),
    "an abort while the bytes come": (stop) =>
      faulty(memory, [slow("get", async () => stop.abort("enough"), 4)]),
  };
  for (const [what, make] of Object.entries(cases)) {
    test(what, async () => {
      await memory.put(at, bytes(100));
      writeFileSync(folder.at("file"), "old");
      const stop = new AbortController();
      const { store, meter } = metered(make(stop));
      const budget = new MemoryBudget(100);
      const options = {
        rangeSize: 10,
        window: 2,
        budget,
        signal: stop.signal,
        retry: { ...AT_ONCE, attempts: 2 },
      };
      const error = await downloadToFile(store, at, folder.at("file"), options).catch(
        (cause: unknown) => cause,
      );
      expect(error).toSatisfy((e) => e === "enough" || e instanceof Error);
      expect([folder.names(), read("file").toString(), folder.open(), budget.held, meter.open]).toEqual([
        ["file"],
        "old",
        [],
        0,
        0,
      ]);
    });
  }

  test("a store that never answers, not even to an abort", async () => {
    await memory.put(at, bytes(100));
    const never = new Promise<never>(() => {});
    const { store } = metered(memory, {
      turn: async (what) => (what === "get" && ++gets > 1 ? never : undefined),
    });
    let gets = 0;
    const stop = new AbortController();
    const budget = new MemoryBudget(100);
    const options = { rangeSize: 10, window: 3, budget, signal: stop.signal };
    const running = downloadToFile(store, at, folder.at("file"), options);
    await until(() => gets === 4);
    stop.abort("enough");
    await expect(running).rejects.toBe("enough");
    expect([folder.names(), folder.open(), budget.held]).toEqual([[], [], 0]);
  });

  test("what onProgress throws", async () => {
    await memory.put(at, bytes(100));
    const { store, meter } = metered(memory);
    const budget = new MemoryBudget(100);
    const onProgress = () => {
      throw new Error("no terminal");
    };
    const running = downloadToFile(store, at, folder.at("file"), { rangeSize: 30, budget, onProgress });
    await expect(running).rejects.toThrow("no terminal");
    expect([folder.names(), folder.open(), budget.held, meter.open]).toEqual([[], [], 0, 0]);
  });

  test.each(["write", "sync", "truncate"] as const)("a disk that is full, at %s", async (method) => {
    await memory.put(at, bytes(100));
    const { store, meter } = metered(memory);
    const methods = await fileMethods();
    const cause = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
    vi.spyOn(methods, method).mockRejectedValue(cause as never);
    const budget = new MemoryBudget(100);
    for (const resume of [false, true]) {
      const running = downloadToFile(store, at, folder.at("file"), { rangeSize: 30, budget, resume });
      const full = { code: "ERR_DISK_FULL", path: folder.at("file"), size: 100, cause };
      await expect(running).rejects.toMatchObject(full);
      expect([folder.names(), folder.open(), budget.held, meter.open]).toEqual([[], [], 0, 0]);
    }
  });

  test("a disk that has less room than the object has bytes, before they come", async () => {
    const huge = new Proxy(memory, {
      get: (target, name) =>
        name === "get"
          ? async (...args: Parameters<MemoryStore["get"]>) => ({
              ...(await target.get(...args)),
              size: 2 ** 52,
            })
          : Reflect.get(target, name),
    });
    await memory.put(at, bytes(100));
    const budget = new MemoryBudget(100);
    const running = downloadToFile(huge, at, folder.at("file"), { budget, rangeSize: 100 });
    await expect(running).rejects.toMatchObject({ code: "ERR_DISK_FULL", size: 2 ** 52 });
    expect([folder.names(), folder.open(), budget.held]).toEqual([[], [], 0]);
  });

  test("options that make no sense", async () => {
    const store = faulty(memory, []);
    for (const wrong of [
      { window: 0 },
      { rangeSize: 0 },
      { idleTimeout: 0 },
      { syncEvery: 0 },
      { syncEvery: "much" },
    ]) {
      await expect(downloadToFile(store, at, folder.at("file"), wrong)).rejects.toBeInstanceOf(RangeError);
    }
    expect([folder.names(), store.calls]).toEqual([[], []]);
  });
});

describe("the object's checksum", () => {
  for (const algorithm of ["crc32", "crc32c", "crc64nvme", "sha256", "sha1"] as const) {
    test(`${algorithm} is compared with that of all ranges, and what differs gets no name`, async () => {
      const value = Buffer.from(await digestOf(algorithm, bytes(1000))).toString("base64");
      await memory.put(at, bytes(1000), { checksum: { algorithm, value } });
      const budget = new MemoryBudget(500);
      const options = { rangeSize: 90, budget, integrity: "require", retry: AT_ONCE } as const;
      const { checksum } = await downloadToFile(memory, at, folder.at("sound"), options);
      expect(checksum).toMatchObject({ algorithm, value });
      expect(isBytes("sound", 1000)).toBe(true);
      const wrong = downloadToFile(faulty(memory, [flipBit("get", 3, 5)]), at, folder.at("wrong"), {
        ...options,
        resume: true,
      });
      await expect(wrong).rejects.toMatchObject({ code: "ERR_INTEGRITY" });
      expect([folder.names(), folder.open(), budget.held]).toEqual([["sound"], [], 0]);
      await downloadToFile(faulty(memory, [flipBit("get", 3, 5)]), at, folder.at("wrong"), {
        ...options,
        integrity: "none",
      });
      expect(existsSync(folder.at("wrong"))).toBe(true);
    });
  }
});
