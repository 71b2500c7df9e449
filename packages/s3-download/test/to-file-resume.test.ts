import { lutimesSync, readFileSync, readlinkSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { open, truncate } from "node:fs/promises";
import { hostname } from "node:os";
import { digestOf, fail, faulty, hang, MemoryStore, StoreError, slow } from "@sluice/object-store";
import { downloadToFile } from "@sluice/s3-download/node";
import { MemoryBudget } from "@sluice/semaphore";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { deferred, folder, until, useFolder } from "./folder.js";
import { at, bytes } from "./metered.js";

useFolder();
let memory: MemoryStore;
beforeEach(async () => {
  memory = new MemoryStore();
  await memory.put(at, bytes(100));
});
afterEach(() => {
  vi.restoreAllMocks();
});

const PART = ".file.sluice-part";
const STATE = ".file.sluice-state";
const LOCK = ".file.sluice-lock";
const OPTIONS = { rangeSize: 10, window: 1, syncEvery: 10, resume: true } as const;
const isWhole = () => readFileSync(folder.at("file")).equals(bytes(100));
const denied = () => new StoreError("AccessDenied", "no", { status: 403 });

/** Leaves the first `ranges × 10` bytes. */
async function leaveOff(ranges = 4, options: Parameters<typeof downloadToFile>[3] = OPTIONS) {
  const store = faulty(memory, [fail("get", denied, ranges + 1)]);
  await expect(downloadToFile(store, at, folder.at("file"), options)).rejects.toMatchObject({
    code: "AccessDenied",
  });
  expect(folder.names()).toEqual([PART, STATE]);
}

/** Where the ranges began that were asked for. */
const asked = (store: ReturnType<typeof faulty>) =>
  store.calls.flatMap(({ method, args }) =>
    method === "get" ? [(args[1] as { range?: { start: number } }).range?.start] : [],
  );

describe("with resume", () => {
  test("what has come is kept, and only what is missing is fetched: of the same version", async () => {
    await leaveOff();
    const store = faulty(memory, []);
    const seen: number[] = [];
    const onProgress = ({ loaded }: { loaded: number }) => void seen.push(loaded);
    const result = await downloadToFile(store, at, folder.at("file"), { ...OPTIONS, onProgress });
    expect(result).toMatchObject({ size: 100, resumed: 40 });
    expect(asked(store)).toEqual([40, 50, 60, 70, 80, 90]);
    expect([seen[0], seen.at(-1)]).toEqual([50, 100]);
    const conditions = store.calls.map(({ args }) => (args[1] as { ifMatch?: string }).ifMatch);
    expect(conditions.slice(1)).toEqual(conditions.slice(1).map(() => result.etag));
    expect(isWhole()).toBe(true);
    expect([folder.names(), folder.open()]).toEqual([["file"], []]);
  });

  test("also what came behind a range that had not come", async () => {
    const inner = faulty(memory, [hang("get", 2), fail("get", denied, 8)]);
    const running = downloadToFile(inner, at, folder.at("file"), { ...OPTIONS, window: 2 });
    await expect(running).rejects.toMatchObject({ code: "AccessDenied" });
    const store = faulty(memory, []);
    const { resumed } = await downloadToFile(store, at, folder.at("file"), { ...OPTIONS, rangeSize: 50 });
    expect(resumed).toBe(60);
    expect(asked(store)).toEqual([10, 70]);
    expect(isWhole()).toBe(true);
  });

  test("an abort keeps what has come, and a third call finishes it", async () => {
    for (const [aborting, have] of [
      [3, 20],
      [2, 30],
    ] as const) {
      const stop = new AbortController();
      const store = faulty(memory, [slow("get", async () => stop.abort("enough"), aborting)]);
      const options = { ...OPTIONS, signal: stop.signal };
      await expect(downloadToFile(store, at, folder.at("file"), options)).rejects.toBe("enough");
      const { done } = JSON.parse(readFileSync(folder.at(STATE), "utf8")) as { done: unknown };
      expect(done).toEqual([[0, have]]);
    }
    expect(await downloadToFile(memory, at, folder.at("file"), OPTIONS)).toMatchObject({ resumed: 30 });
    expect([isWhole(), folder.names()]).toEqual([true, ["file"]]);
  });

  test("all of it may have been there: nothing is fetched, and it gets its name", async () => {
    const failing = { ...OPTIONS, failIfExists: false };
    const methods = await open("/dev/null");
    const prototype = Object.getPrototypeOf(methods) as typeof methods;
    await methods.close();
    vi.spyOn(prototype, "chmod").mockRejectedValueOnce(Object.assign(new Error("EIO"), { code: "EIO" }));
    writeFileSync(folder.at("file"), "old");
    await expect(downloadToFile(memory, at, folder.at("file"), failing)).rejects.toMatchObject({
      code: "EIO",
    });
    const store = faulty(memory, []);
    expect(await downloadToFile(store, at, folder.at("file"), OPTIONS)).toMatchObject({ resumed: 100 });
    expect(store.calls.map(({ method }) => method)).toEqual(["head"]);
    expect([isWhole(), folder.names()]).toEqual([true, ["file"]]);
  });

  test("an object that was replaced in between is fetched anew", async () => {
    await leaveOff();
    await memory.put(at, bytes(100, 9));
    expect(await downloadToFile(memory, at, folder.at("file"), OPTIONS)).toMatchObject({ resumed: 0 });
    expect(readFileSync(folder.at("file")).equals(bytes(100, 9))).toBe(true);
    expect(folder.names()).toEqual(["file"]);
  });

  test.each([
    ["of another object", (text: string) => text.replace('"key":"k"', '"key":"l"')],
    ["that was cut off", (text: string) => text.slice(0, 20)],
    ["that says more than the object has", (text: string) => text.replace("40]", "400]")],
    ["that makes no sense", (text: string) => text.replace("[0,40]", "[40,0]")],
    ["of another program", () => "null"],
    ["of a version to come", (text: string) => text.replace('"version":1', '"version":2')],
    ["that is endless", () => " ".repeat(2 ** 20 + 1)],
  ])("a state %s is not believed", async (_what, spoil) => {
    await leaveOff();
    const text = readFileSync(folder.at(STATE), "utf8");
    const spoilt = spoil(text);
    expect(spoilt).not.toBe(text);
    writeFileSync(folder.at(STATE), spoilt);
    expect(await downloadToFile(memory, at, folder.at("file"), OPTIONS)).toMatchObject({ resumed: 0 });
    expect([isWhole(), folder.names()]).toEqual([true, ["file"]]);
  });

  test.each([
    ["is gone", () => unlinkSync(folder.at(PART))],
    ["has another size", () => truncate(folder.at(PART), 99)],
    [
      "is a link to somewhere else",
      () => {
        unlinkSync(folder.at(PART));
        writeFileSync(folder.at("other"), bytes(100, 1));
        symlinkSync("other", folder.at(PART));
      },
    ],
  ])("a partial file that %s is begun anew", async (_what, spoil) => {
    await leaveOff();
    await spoil();
    expect(await downloadToFile(memory, at, folder.at("file"), OPTIONS)).toMatchObject({ resumed: 0 });
    expect(isWhole()).toBe(true);
    expect(folder.names().filter((name) => name !== "other")).toEqual(["file"]);
  });

  test("a call that cannot reach the store leaves what was there for the next one", async () => {
    await leaveOff();
    const away = faulty(memory, [
      fail("head", () => new StoreError("NetworkError", "away", { retryable: false })),
    ]);
    await expect(downloadToFile(away, at, folder.at("file"), OPTIONS)).rejects.toMatchObject({
      code: "NetworkError",
    });
    expect(await downloadToFile(memory, at, folder.at("file"), OPTIONS)).toMatchObject({ resumed: 40 });
  });

  test("what nobody can go on with is not kept: the object is gone, or is replaced meanwhile", async () => {
    await leaveOff();
    const replaced = faulty(memory, [slow("get", async () => void (await memory.put(at, bytes(100, 3))), 2)]);
    await expect(downloadToFile(replaced, at, folder.at("file"), OPTIONS)).rejects.toMatchObject({
      code: "ERR_OBJECT_CHANGED",
    });
    expect(folder.names()).toEqual([]);
    await leaveOff();
    await memory.delete(at);
    await expect(downloadToFile(memory, at, folder.at("file"), OPTIONS)).rejects.toMatchObject({
      code: "NoSuchKey",
    });
    expect(folder.names()).toEqual([]);
  });

  test("what another process has written is read back before it is believed", async () => {
    const value = Buffer.from(await digestOf("crc32", bytes(100))).toString("base64");
    await memory.put(at, bytes(100), { checksum: { algorithm: "crc32", value } });
    const budget = new MemoryBudget(7);
    const options = { ...OPTIONS, budget, integrity: "require" } as const;
    await leaveOff(4, { ...OPTIONS, integrity: "require" });
    const file = await open(folder.at(PART), "r+");
    await file.write(bytes(1, 77), 0, 1, 5);
    await file.close();
    await expect(downloadToFile(memory, at, folder.at("file"), options)).rejects.toMatchObject({
      code: "ERR_INTEGRITY",
    });
    expect([folder.names(), budget.held]).toEqual([[], 0]);
    await leaveOff(4, { ...OPTIONS, integrity: "require" });
    await downloadToFile(memory, at, folder.at("file"), options);
    expect([isWhole(), budget.snapshot().peakHeld]).toEqual([true, 7]);
  });

  test("bytes are noted only when they are synced, and no more than two steps are not", async () => {
    const probe = await open("/dev/null");
    const prototype = Object.getPrototypeOf(probe) as typeof probe;
    await probe.close();
    const gate = deferred();
    const sync = vi.spyOn(prototype, "sync").mockImplementationOnce(() => gate.promise);
    const seen: number[] = [];
    const onProgress = ({ loaded }: { loaded: number }) => void seen.push(loaded);
    const running = downloadToFile(memory, at, folder.at("file"), { ...OPTIONS, syncEvery: 30, onProgress });
    await until(() => seen.at(-1) === 60);
    await new Promise((resolve) => setImmediate(resolve));
    expect([seen.at(-1), sync.mock.calls.length, folder.names()]).toEqual([60, 1, [LOCK, PART]]);
    gate.resolve();
    await running;
    expect([isWhole(), folder.names()]).toEqual([true, ["file"]]);
  });

  test("a state that cannot be written fails the download, and what was noted before stays true", async () => {
    await leaveOff(2);
    const probe = await open("/dev/null");
    const prototype = Object.getPrototypeOf(probe) as typeof probe;
    await probe.close();
    const broken = Object.assign(new Error("EIO"), { code: "EIO" });
    vi.spyOn(prototype, "writeFile").mockRejectedValue(broken);
    await expect(downloadToFile(memory, at, folder.at("file"), OPTIONS)).rejects.toBe(broken);
    expect([folder.names(), folder.open()]).toEqual([[PART, STATE], []]);
    vi.restoreAllMocks();
    expect(await downloadToFile(memory, at, folder.at("file"), OPTIONS)).toMatchObject({ resumed: 20 });
    expect(isWhole()).toBe(true);
  });
});

describe("without resume", () => {
  test("what an earlier call has left is neither used nor kept", async () => {
    await leaveOff();
    writeFileSync(folder.at(`${STATE}~`), "half");
    const store = faulty(memory, []);
    const { resumed } = await downloadToFile(store, at, folder.at("file"), { rangeSize: 50 });
    expect([resumed, asked(store), folder.names()]).toEqual([0, [0, 50], ["file"]]);
    unlinkSync(folder.at("file"));
    await leaveOff();
    const failing = downloadToFile(faulty(memory, [fail("get", denied)]), at, folder.at("file"));
    await expect(failing).rejects.toMatchObject({ code: "AccessDenied" });
    expect(folder.names()).toEqual([]);
  });
});

describe("a second download to the same file", () => {
  const own = () => readlinkSync(folder.at(LOCK));

  test("is refused while the first is under way, also by another name of the file", async () => {
    const gate = deferred();
    const store = faulty(memory, [slow("get", () => gate.promise)]);
    const first = downloadToFile(store, at, folder.at("file"));
    await until(() => store.calls.length === 1);
    symlinkSync("file", folder.at("link"));
    for (const name of ["file", "./file"]) {
      await expect(downloadToFile(memory, at, `${folder.path}/${name}`)).rejects.toMatchObject({
        code: "ERR_FILE_BUSY",
        path: folder.at("file"),
        lock: folder.at(LOCK),
        pid: process.pid,
      });
    }
    gate.resolve();
    await first;
    expect(isWhole()).toBe(true);
    await downloadToFile(memory, at, folder.at("link"));
    expect(folder.names()).toEqual(["file", "link"]);
  });

  const worlds = async () => {
    const gate = deferred();
    const store = faulty(memory, [slow("get", () => gate.promise)]);
    const first = downloadToFile(store, at, folder.at("file"));
    await until(() => store.calls.length === 1);
    const text = own();
    gate.resolve();
    await first;
    unlinkSync(folder.at("file"));
    return text;
  };

  test.each([
    ["there is no such process", (text: string) => text.replace(/^\d+/, "4194304999")],
    ["its number has been given to another", (text: string) => text.replace(/^(\d+):\d+/, "$1:1")],
  ])("takes the lock of a dead process: %s", async (_what, change) => {
    const text = change(await worlds());
    symlinkSync(text, folder.at(LOCK));
    writeFileSync(folder.at(PART), "some bytes of it");
    await downloadToFile(memory, at, folder.at("file"));
    expect([isWhole(), folder.names()]).toEqual([true, ["file"]]);
    // Whoever died while it took a lock has left two.
    symlinkSync(text, folder.at(LOCK));
    symlinkSync(text, folder.at(`${LOCK}~`));
    await downloadToFile(memory, at, folder.at("file"));
    expect([isWhole(), folder.names()]).toEqual([true, ["file"]]);
    symlinkSync(text, folder.at(`${LOCK}~`));
    await downloadToFile(memory, at, folder.at("file"));
    expect([isWhole(), folder.names()]).toEqual([true, ["file"]]);
  });

  test("believes a lock of another machine as long as it is touched", async () => {
    const text = (await worlds()).replace(hostname(), "elsewhere");
    symlinkSync(text, folder.at(LOCK));
    await expect(downloadToFile(memory, at, folder.at("file"))).rejects.toMatchObject({
      code: "ERR_FILE_BUSY",
      pid: undefined,
    });
    const longAgo = Date.now() / 1000 - 61;
    lutimesSync(folder.at(LOCK), longAgo, longAgo);
    await downloadToFile(memory, at, folder.at("file"));
    expect([isWhole(), folder.names()]).toEqual([true, ["file"]]);
  });

  test("that did take the lock, from a machine that was asleep, is not disturbed by it when it wakes", async () => {
    const gate = deferred();
    const store = faulty(memory, [slow("get", () => gate.promise, 3)]);
    const asleep = downloadToFile(store, at, folder.at("file"), { rangeSize: 10, window: 1 });
    await until(() => store.calls.length === 3);
    unlinkSync(folder.at(LOCK));
    const second = deferred();
    const other = faulty(memory, [slow("get", () => second.promise, 5)]);
    const running = downloadToFile(other, at, folder.at("file"), { rangeSize: 10, window: 1, resume: true });
    await until(() => other.calls.length === 5);
    gate.resolve();
    await expect(asleep).rejects.toMatchObject({ code: "ERR_FILE_BUSY" });
    expect(folder.names()).toEqual([LOCK, PART]);
    second.resolve();
    await running;
    expect([isWhole(), folder.names()]).toEqual([true, ["file"]]);
  });
});
