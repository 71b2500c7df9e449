import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fail, failOnce, flipBit, hang, loseAnswer, StoreError, slow } from "@sluice/object-store";
import { type UploadOptions, upload as uploadAnywhere } from "@sluice/s3-upload";
import { diskSpool, upload } from "@sluice/s3-upload/node";
import { MemoryBudget, Semaphore } from "@sluice/semaphore";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { bytesOf, cut, deferred, spied, TARGET, world } from "./worlds.js";

const KiB = 2 ** 10;
const MiB = 2 ** 20;
const LARGE = { maxPartSize: 64 * MiB, maxPutSize: 64 * MiB };
const AT_ONCE = { baseDelay: 0 };

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "sluice-spool-test-"));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(directory, { recursive: true });
});

/** Which files in the directory this process has open, with or without a name. */
const openFiles = () =>
  readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith(directory) ? [target] : [];
    } catch {
      return [];
    }
  });
const left = () => [openFiles(), readdirSync(directory)];
const NOTHING = [[], []];

describe("U11: with parts on a disk", () => {
  test("the object equals the input, at any chunking, and nothing is left", async () => {
    for (const [size, partSize, chunk] of [
      [3 * MiB + 7, MiB, 100_000],
      [700 * KiB, 300 * KiB, 333],
      [2 * MiB, 2 * MiB, 2 * MiB],
      [5, MiB, 2],
      [0, MiB, 1],
    ] as const) {
      const { store, object, leftovers } = await world([], LARGE);
      const spool = { directory, limit: "4MiB" };
      const result = await upload(store, TARGET, cut(bytesOf(size), [chunk]), { partSize, spool });
      expect(Buffer.compare((await object())!, bytesOf(size))).toBe(0);
      expect(result).toMatchObject({ size, parts: Math.max(1, Math.ceil(size / partSize)) });
      expect([...left(), await leftovers()]).toEqual([...NOTHING, 0]);
    }
  });

  test("memory is bounded by the copy window and the disk by slots × part size, whatever the parts have", async () => {
    const sent = deferred();
    const { store, calls } = await world([slow("putPart", () => sent.promise)], LARGE);
    const budget = new MemoryBudget("1MiB");
    const spool = diskSpool({ directory, limit: "64MiB" });
    const held: number[] = [];
    const running = upload(store, TARGET, cut(bytesOf(10 * MiB), [64 * KiB]), {
      partSize: 2 * MiB,
      slots: 3,
      budget,
      spool,
      onProgress: (progress) => held.push(progress.held),
    });
    await vi.waitUntil(() => calls("putPart") === 3);
    expect([spool.limit?.held, budget.held, openFiles().length]).toEqual([6 * MiB, MiB, 3]);
    expect(readdirSync(directory)).toEqual([]);
    sent.resolve();
    await running;
    expect(spool.limit?.snapshot()).toMatchObject({ peakHeld: 6 * MiB, held: 0 });
    expect([budget.snapshot().peakHeld, budget.held]).toEqual([MiB, 0]);
    expect(Math.max(...held)).toBe(MiB);
    expect(left()).toEqual(NOTHING);
  });

  test("uploads that share a spool keep to its limit together", async () => {
    const { store } = await world();
    const spool = diskSpool({ directory, limit: 16 });
    const sizes = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        upload(store, { ...TARGET, key: `key${i}` }, cut(bytesOf(40), [7]), { partSize: 8, spool }),
      ),
    );
    expect(sizes.map(({ size }) => size)).toEqual(sizes.map(() => 40));
    expect(spool.limit?.snapshot()).toMatchObject({ peakHeld: 16, held: 0 });
    expect(left()).toEqual(NOTHING);
  });

  test("a part that failed is sent again from its file, with the digest of what came, in parts and in one put", async () => {
    const error = () => new StoreError("InternalError", "try again", { status: 500 });
    for (const size of [20, 5]) {
      const { store, object, calls } = await world([
        failOnce("putPart", error()),
        flipBit("putPart", 2, 2),
        failOnce("put", error()),
      ]);
      await upload(store, TARGET, bytesOf(size), { partSize: 8, spool: { directory }, retry: AT_ONCE });
      expect(await object()).toEqual(bytesOf(size));
      expect(calls("put") + calls("putPart")).toBe(size === 20 ? 5 : 2);
      expect(left()).toEqual(NOTHING);
    }
  });

  test("a lost answer to a conditional put is resolved by reading the file again", async () => {
    const { store } = await world([loseAnswer("put")]);
    const options = { spool: { directory }, ifNoneMatch: "*", retry: AT_ONCE } as const;
    expect((await upload(store, TARGET, bytesOf(5), options)).size).toBe(5);
    expect(left()).toEqual(NOTHING);
  });

  test("nothing is left or held after a failure or an abort, even if the source stalls for ever", async () => {
    const denied = () => new StoreError("AccessDenied", "no", { status: 403 });
    for (const place of ["putPart", "source", "stalled", "hanging"] as const) {
      const cause = new Error("the cause");
      const stop = new AbortController();
      const { store, leftovers } = await world([
        ...(place === "putPart" ? [fail("putPart", denied, 2)] : []),
        ...(place === "hanging" ? [hang("putPart", 2)] : []),
      ]);
      const then = place === "source" ? { error: cause } : "stall";
      const { body, state } = spied(cut(bytesOf(30), [3]), then);
      const budget = new MemoryBudget("2MiB");
      const spool = diskSpool({ directory, limit: 64 });
      const running = upload(store, TARGET, body, { partSize: 8, budget, spool, signal: stop.signal });
      running.catch(() => undefined);
      if (place === "stalled" || place === "hanging") {
        await vi.waitUntil(() => openFiles().length > 0);
        stop.abort(cause);
      }
      await expect(running).rejects.toThrow(place === "putPart" ? /AccessDenied/ : cause);
      expect(state.stopped || state.ended).toBe(true);
      expect([...left(), await leftovers()]).toEqual([...NOTHING, 0]);
      expect([budget.held, budget.waiting, spool.limit?.held]).toEqual([0, 0, 0]);
    }
  });

  test("an abort at any turn leaves nothing", async () => {
    for (let turns = 0; turns < 40; turns++) {
      const { store, leftovers } = await world();
      const spool = diskSpool({ directory, limit: 16 });
      const stop = new AbortController();
      const { body } = spied(cut(bytesOf(30), [9]), "stall");
      const running = upload(store, TARGET, body, { partSize: 4, spool, signal: stop.signal });
      running.catch(() => undefined);
      for (let i = 0; i < turns; i++) await new Promise(setImmediate);
      stop.abort("enough");
      await expect(running).rejects.toBe("enough");
      expect([...left(), await leftovers(), spool.limit?.held]).toEqual([...NOTHING, 0, 0]);
    }
  });
});

/** Makes writes to files fail like a disk that is full after so many bytes. */
async function fillDisk(after: number): Promise<void> {
  const probe = await open(join(directory, "probe"), "w");
  await probe.close();
  await rm(join(directory, "probe"));
  const handles = Object.getPrototypeOf(probe) as FileHandle;
  const write = handles.write as (bytes: Uint8Array, ...rest: number[]) => Promise<unknown>;
  let written = 0;
  vi.spyOn(handles, "write").mockImplementation(async function (this: FileHandle, ...args: unknown[]) {
    const [bytes, , length, position] = args as [Uint8Array, number, number, number];
    const room = after - written;
    if (room <= 0)
      throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    written += Math.min(room, length);
    return write.call(this, bytes, 0, Math.min(room, length), position) as never;
  });
}

describe("a disk that is full", () => {
  test("fails the upload with what is full, and leaves nothing", async () => {
    const { store, leftovers, object } = await world([], LARGE);
    await fillDisk(3 * MiB + 5);
    const { body, state } = spied(cut(bytesOf(8 * MiB), [64 * KiB]));
    const running = upload(store, TARGET, body, { partSize: MiB, slots: 8, spool: { directory } });
    await expect(running).rejects.toMatchObject({
      code: "ERR_SPOOL_FULL",
      directory,
      message: `no room for parts in ${directory} (ENOSPC): make some, or give the spool a limit`,
      cause: { code: "ENOSPC" },
    });
    expect(state.stopped).toBe(true);
    expect([await leftovers(), await object()]).toEqual([0, undefined]);
    expect(left()).toEqual(NOTHING);
  });
});

describe("a spool", () => {
  test("makes its directory, and removes what processes that are gone have left there, and nothing else", async () => {
    const inside = join(directory, "a", "b");
    const { store } = await world();
    await upload(store, TARGET, "text", { spool: { directory: inside } });
    expect(readdirSync(inside)).toEqual([]);

    const own = `sluice-spool-${process.pid}-1-x`;
    const others = ["sluice-spool-4194305-77-x", own, "sluice-spool-1-1-x", "sluice-spool-x", "letters.txt"];
    for (const name of others) writeFileSync(join(directory, name), "");
    await upload(store, TARGET, "text", { spool: { directory } });
    expect(readdirSync(directory).sort()).toEqual(["a", "letters.txt", "sluice-spool-x"]);
    await rm(join(directory, "letters.txt"));
  });

  test("leaves nothing behind a process that is killed, but what was just being made, and that is removed by who comes next", async () => {
    const child = fork(join(import.meta.dirname, "spooling.child.ts"), [directory], {
      execArgv: ["--conditions", "@sluice/source", "--import", "tsx"],
    });
    await once(child, "message");
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(readdirSync(directory).length).toBeLessThanOrEqual(1);
    const { store } = await world();
    await upload(store, TARGET, "text", { spool: { directory } });
    expect(readdirSync(directory)).toEqual([]);
  });

  test("that is too small for a part is refused with the minimum, unless the part size may shrink", async () => {
    const { store } = await world();
    const spool = { directory, limit: 15 };
    const stream = () => spied(cut(bytesOf(30), [7])).body;
    await expect(upload(store, TARGET, stream(), { partSize: 16, spool })).rejects.toMatchObject({
      code: "ERR_PART_TOO_LARGE_FOR_BUDGET",
      partSize: 16,
      capacity: 15,
      minimum: 16,
    });
    expect((await upload(store, TARGET, stream(), { spool })).parts).toBe(2);
  });

  test("must make sense, and the body that came with a wrong one is stopped", async () => {
    const { store } = await world();
    for (const spool of [{ directory: "" }, { directory, limit: -1 }, { directory, limit: "3 apples" }]) {
      expect(() => diskSpool(spool)).toThrow(RangeError);
      const { body, state } = spied([bytesOf(5)]);
      await expect(upload(store, TARGET, body, { spool })).rejects.toThrow(RangeError);
      expect(state.stopped).toBe(true);
    }
    expect(existsSync("3 apples")).toBe(false);
  });

  test("of a directory is for Node alone: the entry for all runtimes says where it is to be had", async () => {
    const { store } = await world();
    const { body, state } = spied([bytesOf(5)]);
    const options = { spool: { directory } } as unknown as UploadOptions;
    const running = uploadAnywhere(store, TARGET, body, options);
    await expect(running).rejects.toMatchObject({ code: "ERR_UNSUPPORTED_SPOOL", value: { directory } });
    await expect(running).rejects.toThrow(/@sluice\/s3-upload\/node/);
    expect(state.stopped).toBe(true);
    const { size } = await upload(store, TARGET, "text", { spool: "memory" });
    expect(size).toBe(4);
  });

  test("whose memory the budget cannot pay for is refused", async () => {
    const { store } = await world();
    const budget = new Semaphore(1_000);
    const running = upload(store, TARGET, "text", { budget, spool: { directory } });
    await expect(running).rejects.toMatchObject({ code: "ERR_TOO_HEAVY" });
    expect([...left(), budget.held]).toEqual([...NOTHING, 0]);
  });
});
