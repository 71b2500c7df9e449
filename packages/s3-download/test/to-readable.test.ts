import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fail, faulty, MemoryStore, StoreError } from "@sluice/object-store";
import { download } from "@sluice/s3-download";
import { toReadable } from "@sluice/s3-download/node";
import { MemoryBudget } from "@sluice/semaphore";
import { beforeEach, describe, expect, test } from "vitest";
import { until } from "./folder.js";
import { at, bytes, metered } from "./metered.js";

let memory: MemoryStore;
beforeEach(async () => {
  memory = new MemoryStore();
  await memory.put(at, bytes(200));
});

const OPTIONS = { rangeSize: 20, window: 2 } as const;
const immediate = () => new Promise((resolve) => setImmediate(resolve));

describe("a download as a stream of Node", () => {
  test("has the object's bytes, from the download or from its body", async () => {
    for (const from of [await download(memory, at, OPTIONS), (await download(memory, at, OPTIONS)).body]) {
      const chunks: Buffer[] = [];
      for await (const chunk of toReadable(from)) chunks.push(Buffer.from(chunk));
      expect(Buffer.concat(chunks).equals(bytes(200))).toBe(true);
    }
  });

  test("takes nothing before it is read, and then no more than is read", async () => {
    const { store, meter } = metered(memory, { cut: () => 5 });
    const stream = toReadable(await download(store, at, { ...OPTIONS, window: 1 }));
    for (let i = 0; i < 10; i++) await immediate();
    expect([meter.given, stream.readableLength]).toEqual([0, 0]);
    stream.once("readable", () => {});
    for (let i = 0; i < 10; i++) await immediate();
    expect(meter.given).toBeLessThanOrEqual(5);
    stream.destroy();
  });

  test("goes at the pace of the slowest in a pipeline", async () => {
    const { store, meter } = metered(memory, { cut: () => 5 });
    const held: (() => void)[] = [];
    const slow = new Writable({ highWaterMark: 1, write: (_chunk, _encoding, done) => void held.push(done) });
    const piped = pipeline(toReadable(await download(store, at, { ...OPTIONS, window: 1 })), slow);
    for (let i = 0; i < 20; i++) await immediate();
    expect(meter.given).toBeLessThanOrEqual(10);
    while (!slow.writableFinished) {
      for (const done of held.splice(0)) done();
      await immediate();
    }
    await piped;
    expect(meter.given).toBe(200);
  });

  test.each([
    ["before it is read", 0],
    ["while it is read", 1],
  ])("that is destroyed %s stops every request and gives back every byte", async (_when, chunks) => {
    const { store, meter } = metered(memory, { cut: () => 5 });
    const budget = new MemoryBudget(100);
    const stream = toReadable(await download(store, at, { ...OPTIONS, budget }));
    const errors: unknown[] = [];
    stream.on("error", (error) => errors.push(error));
    if (chunks > 0) {
      await new Promise((resolve) => stream.once("data", resolve));
      stream.pause();
    }
    expect(budget.held).toBeGreaterThan(0);
    const why = new Error("enough");
    stream.destroy(why);
    await until(() => stream.closed);
    expect([errors, budget.held, meter.open]).toEqual([[why], 0, 0]);
  });

  test("that is left in the middle of a loop gives back every byte", async () => {
    const { store, meter } = metered(memory, { cut: () => 5 });
    const budget = new MemoryBudget(100);
    for await (const _chunk of toReadable(await download(store, at, { ...OPTIONS, budget }))) break;
    expect([budget.held, meter.open]).toEqual([0, 0]);
  });

  test("fails with the very error of the download", async () => {
    const denied = new StoreError("AccessDenied", "no", { status: 403 });
    const stream = toReadable(await download(faulty(memory, [fail("get", () => denied, 3)]), at, OPTIONS));
    await expect(pipeline(stream, new Writable({ write: (_chunk, _encoding, done) => done() }))).rejects.toBe(
      denied,
    );
  });

  test("fails with the reason of an abort", async () => {
    const stop = new AbortController();
    const stream = toReadable(await download(memory, at, { ...OPTIONS, signal: stop.signal }));
    const failed = new Promise((resolve) => stream.once("error", resolve));
    const why = new Error("late");
    stop.abort(why);
    expect(await failed).toBe(why);
  });
});
