import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  createWriteStream,
  readdirSync,
  readlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { mkdtemp, rm, stat, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fail, failOnce, hang, type ObjectStore, StoreError, slow } from "@sluice/object-store";
import { uploadFile } from "@sluice/s3-upload/node";
import { Semaphore } from "@sluice/semaphore";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { bytesOf, deferred, TARGET, world } from "./worlds.js";

let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "sluice-upload-file-"));
  path = join(directory, "file");
});
afterEach(() => rm(directory, { recursive: true }));

const AT_ONCE = { baseDelay: 0 };
const denied = () => new StoreError("AccessDenied", "no", { status: 403 });

/** Which files in the directory this process has open. */
const openFiles = () =>
  readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith(directory) ? [target] : [];
    } catch {
      return [];
    }
  });

const LARGE = { maxPartSize: 2 ** 26, maxPutSize: 2 ** 26 };

describe("a file", () => {
  test("arrives byte for byte, in parts of any size and by one put, and is closed", async () => {
    for (const [size, partSize] of [
      [20, 8],
      [24, 8],
      [5, 8],
      [8, 8],
      [2 ** 22 + 7, 2 ** 20 + 2 ** 19],
    ] as const) {
      writeFileSync(path, bytesOf(size));
      const { store, object, leftovers } = await world([], LARGE);
      const budget = new Semaphore(2 ** 22);
      const result = await uploadFile(store, TARGET, path, { partSize, budget });
      expect(Buffer.compare((await object())!, bytesOf(size))).toBe(0);
      expect(result).toMatchObject({ ...TARGET, size, parts: Math.ceil(size / partSize) });
      expect([openFiles(), await leftovers(), budget.held]).toEqual([[], 0, 0]);
    }
  });

  test("that is empty makes an empty object", async () => {
    writeFileSync(path, "");
    const { store, object } = await world();
    expect(await uploadFile(store, TARGET, path)).toMatchObject({ size: 0, parts: 1 });
    expect(await object()).toEqual(new Uint8Array(0));
    expect(openFiles()).toEqual([]);
  });

  test("whose size is not told, as those of the kernel, is read to its end", async () => {
    const { store } = await world([], LARGE);
    const { size } = await uploadFile(store, TARGET, "/proc/self/status");
    expect(size).toBeGreaterThan(100);
  });

  test("is read by all slots at a time, into no more memory than slots × part size, and never copied", async () => {
    writeFileSync(path, bytesOf(400));
    const { store } = await world();
    const buffers = new Set<ArrayBufferLike>();
    const sent = deferred();
    let sending = 0;
    const watched: ObjectStore = {
      ...store,
      limits: store.limits,
      async putPart(to, n, body, options) {
        buffers.add((body as Uint8Array).buffer);
        if (++sending === 3) sent.resolve();
        await sent.promise;
        return store.putPart(to, n, body, options);
      },
      createMultipart: (...args) => store.createMultipart(...args),
      completeMultipart: (...args) => store.completeMultipart(...args),
    };
    await uploadFile(watched, TARGET, path, { partSize: 4, slots: 3 });
    expect(buffers.size).toBeLessThanOrEqual(3);
    expect([...buffers].map(({ byteLength }) => byteLength)).toEqual([...buffers].map(() => 4));
  });

  test("is not read before the budget has granted the part", async () => {
    writeFileSync(path, bytesOf(20));
    const { store, object } = await world();
    const budget = new Semaphore(8);
    const other = await budget.acquire(8);
    const running = uploadFile(store, TARGET, path, { partSize: 8, budget });
    await vi.waitUntil(() => budget.waiting === 1);
    other.release();
    await running;
    expect(await object()).toEqual(bytesOf(20));
    expect(budget.snapshot().peakHeld).toBe(8);
  });

  test("is not read again for a part that failed: it is sent from its memory", async () => {
    writeFileSync(path, bytesOf(20));
    const { store, object } = await world([
      failOnce("putPart", new StoreError("InternalError", "try again", { status: 500 })),
    ]);
    await uploadFile(store, TARGET, path, { partSize: 8, retry: AT_ONCE });
    expect(await object()).toEqual(bytesOf(20));
  });
});

describe("a file that changes while it is uploaded", () => {
  const changes: Record<string, () => Promise<void> | void> = {
    "is appended to": () => appendFileSync(path, "more"),
    "is cut off": () => truncate(path, 9),
    "is written over": () => {
      writeFileSync(path, bytesOf(20).reverse());
      utimesSync(path, 1, 1);
    },
  };
  for (const [how, change] of Object.entries(changes)) {
    test(`publishes nothing, if it ${how}`, async () => {
      writeFileSync(path, bytesOf(20));
      const begun = slow("createMultipart", async () => change());
      const { store, object, leftovers } = await world([begun]);
      const budget = new Semaphore(64);
      const running = uploadFile(store, TARGET, path, { partSize: 4, slots: 1, budget });
      await expect(running).rejects.toMatchObject({ code: "ERR_FILE_CHANGED", path });
      expect([await object(), await leftovers(), openFiles(), budget.held]).toEqual([undefined, 0, [], 0]);
    });
  }
});

describe("a file is closed, and its memory back,", () => {
  test("after a part that failed for good", async () => {
    writeFileSync(path, bytesOf(40));
    const { store, leftovers } = await world([fail("putPart", denied, 3)]);
    const budget = new Semaphore(64);
    await expect(uploadFile(store, TARGET, path, { partSize: 4, budget })).rejects.toThrow(/AccessDenied/);
    expect([openFiles(), budget.held, await leftovers()]).toEqual([[], 0, 0]);
  });

  test("after an abort, wherever it comes", async () => {
    writeFileSync(path, bytesOf(40));
    for (const method of ["createMultipart", "putPart", "completeMultipart"] as const) {
      const stop = new AbortController();
      const { store, leftovers } = await world([
        slow(method, async () => stop.abort("enough")),
        hang(method),
      ]);
      const budget = new Semaphore(64);
      const running = uploadFile(store, TARGET, path, { partSize: 4, budget, signal: stop.signal });
      await expect(running).rejects.toBe("enough");
      expect([openFiles(), budget.held, budget.waiting, await leftovers()]).toEqual([[], 0, 0, 0]);
    }
    const { store } = await world();
    const signal = AbortSignal.abort("before");
    await expect(uploadFile(store, TARGET, path, { signal })).rejects.toBe("before");
  });

  test("after options that make no sense", async () => {
    writeFileSync(path, bytesOf(40));
    const { store } = await world();
    await expect(uploadFile(store, TARGET, path, { slots: 0 })).rejects.toThrow(/slots/);
    await expect(
      uploadFile(store, TARGET, path, { partSize: 16, budget: new Semaphore(8) }),
    ).rejects.toMatchObject({ code: "ERR_PART_TOO_LARGE_FOR_BUDGET" });
    expect(openFiles()).toEqual([]);
  });
});

describe("what is no file", () => {
  test("is refused with what it is, or with the error of the system", async () => {
    const { store } = await world();
    await expect(uploadFile(store, TARGET, directory)).rejects.toMatchObject({
      code: "ERR_NOT_A_FILE",
      got: "a directory",
      message: `${directory} is a directory; one upload takes one file, a pipe or a device`,
    });
    await expect(uploadFile(store, TARGET, path)).rejects.toMatchObject({ code: "ENOENT", path });
    await expect(uploadFile(store, TARGET, join(path, "x"))).rejects.toThrow(/ENOENT|ENOTDIR/);
    expect(store.calls).toEqual([]);
  });

  test("may be a pipe, whose length nobody knows", async () => {
    execFileSync("mkfifo", [path]);
    const { store, object } = await world();
    const running = uploadFile(store, TARGET, path, { partSize: 8 });
    createWriteStream(path).end(bytesOf(50));
    expect(await running).toMatchObject({ size: 50, parts: 7 });
    expect(await object()).toEqual(bytesOf(50));
    expect(openFiles()).toEqual([]);
  });

  test("may be a pipe that nobody writes to: an abort is heard before and after its writer has come", async () => {
    execFileSync("mkfifo", [path]);
    const { store } = await world();
    for (const comes of [false, true]) {
      const stop = new AbortController();
      const running = uploadFile(store, TARGET, path, { signal: stop.signal });
      running.catch(() => undefined);
      await stat(path);
      const writer = comes ? createWriteStream(path) : undefined;
      if (writer) await new Promise((resolve) => writer.once("open", resolve));
      stop.abort("enough");
      await expect(running).rejects.toBe("enough");
      writer?.on("error", () => undefined).destroy();
      await vi.waitUntil(() => openFiles().length === 0);
    }
  });
});
