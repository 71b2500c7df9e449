import { setMaxListeners } from "node:events";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { hang, slow } from "@sluice/object-store";
import { upload } from "@sluice/s3-upload";
import { MemoryBudget, Semaphore } from "@sluice/semaphore";
import { afterEach, describe, expect, test, vi } from "vitest";
import { bytesOf, cut, deferred, spied, TARGET, world } from "./worlds.js";

afterEach(() => void vi.useRealTimers());

const KiB = 2 ** 10;
const MiB = 2 ** 20;
/** Limits that let parts be as large as they are in life. */
const LARGE = { maxPartSize: 64 * MiB, maxPutSize: 64 * MiB };

describe("a source that idles", () => {
  test("between two parts holds nothing, ten milliseconds later", async () => {
    for (const { length, slots } of [
      { length: 12, slots: 4 },
      { length: undefined, slots: 1 },
      { length: 8, slots: 4 },
    ]) {
      vi.useFakeTimers();
      const { store, calls } = await world();
      const budget = new Semaphore(16);
      const { body, state } = spied(cut(bytesOf(8), [4]), "stall");
      const stop = new AbortController();
      const idle = upload(store, TARGET, body, { partSize: 4, budget, length, slots, signal: stop.signal });
      idle.catch(() => undefined);
      await vi.advanceTimersByTimeAsync(20);
      expect([calls("putPart"), state.asked, budget.held]).toEqual([2, 3, 0]);
      stop.abort("enough");
      await expect(idle).rejects.toBe("enough");
      expect(vi.getTimerCount()).toBe(0);
    }
  });

  test("holds nothing before it has said more than a little, so that others can move", async () => {
    const { store } = await world([], LARGE);
    const budget = new MemoryBudget(8 * MiB);
    const stop = new AbortController();
    setMaxListeners(100, stop.signal);
    const idle = Array.from({ length: 20 }, (_, i) => {
      const { body } = spied(cut(bytesOf(60 * KiB), [100]), "stall");
      return upload(store, { ...TARGET, key: `idle${i}` }, body, { budget, signal: stop.signal });
    });
    for (const one of idle) one.catch(() => undefined);
    await vi.waitUntil(() => budget.waiting === 0);
    const { size } = await upload(store, TARGET, cut(bytesOf(9 * MiB), [64 * KiB]), { budget });
    expect([size, budget.held]).toEqual([9 * MiB, 0]);
    stop.abort("enough");
    await Promise.allSettled(idle);
    expect(budget.held).toBe(0);
  });

  test("gives back within ten milliseconds what somebody else waits for", async () => {
    vi.useFakeTimers();
    const { store } = await world();
    const budget = new Semaphore(4);
    const stop = new AbortController();
    const { body } = spied(cut(bytesOf(4), [4]), "stall");
    const idle = upload(store, TARGET, body, { partSize: 4, budget, length: 8, signal: stop.signal });
    idle.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(0);
    let granted = false;
    void budget.acquire(4).then(() => {
      granted = true;
    });
    await vi.advanceTimersByTimeAsync(10);
    expect(granted).toBe(true);
    stop.abort("enough");
    await expect(idle).rejects.toBe("enough");
  });
});

test("a body that ends within the window takes no more of the budget than its own length", async () => {
  const { store, object } = await world([], LARGE);
  const budget = new MemoryBudget("8MiB");
  await upload(store, TARGET, spied(cut(bytesOf(1_000), [7])).body, { budget });
  expect(await object()).toEqual(bytesOf(1_000));
  expect(budget.snapshot().peakHeld).toBe(1_000);
});

test("who has a part can finish it, whoever else waits: transfers that share a budget never wait for each other", async () => {
  const { store } = await world();
  const budget = new Semaphore(12);
  const gates = Array.from({ length: 20 }, () => deferred());
  const uploads = gates.map((gate, i) =>
    upload(
      store,
      { ...TARGET, key: `key${i}` },
      spied(cut(bytesOf(9), [1]), "end", () => gate.promise).body,
      { partSize: 4, budget },
    ),
  );
  // The last to have come is the first to be given bytes.
  for (const gate of gates.reverse()) gate.resolve();
  const sizes = (await Promise.all(uploads)).map(({ size }) => size);
  expect(sizes).toEqual(sizes.map(() => 9));
  expect(budget.snapshot()).toMatchObject({ held: 0, waiting: 0 });
});

describe("live bytes", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  /** Bytes of all array buffers that somebody still holds. */
  async function live(): Promise<number> {
    for (let i = 0; i < 4; i++) {
      collect();
      await new Promise(setImmediate);
    }
    return process.memoryUsage().arrayBuffers;
  }

  /** Views of 200 bytes, each 64 KiB of them on one slab. */
  function* views(bytes: number): Generator<Uint8Array> {
    let slab = new Uint8Array(64 * KiB);
    let at = 0;
    for (let sent = 0; sent < bytes; sent += 200, at += 200) {
      if (at + 200 > slab.length) {
        slab = new Uint8Array(64 * KiB);
        at = 0;
      }
      yield slab.subarray(at, at + 200);
    }
  }

  test("are slots × part size and five in a hundred, also if each chunk is a small view of a large slab", async () => {
    const { store, calls } = await world([hang("putPart")], LARGE);
    const stop = new AbortController();
    const before = await live();
    const running = upload(store, TARGET, spied(views(40 * MiB)).body, {
      partSize: 2 * MiB,
      slots: 4,
      signal: stop.signal,
    });
    running.catch(() => undefined);
    await vi.waitUntil(() => calls("putPart") === 4);
    expect((await live()) - before).toBeLessThan(1.05 * 8 * MiB);
    stop.abort("enough");
    await expect(running).rejects.toBe("enough");
  });

  test("of twenty uploads under one budget are the budget, and a window and a chunk for each", async () => {
    const { store } = await world([hang("putPart")], LARGE);
    const budget = new MemoryBudget(8 * MiB);
    const stop = new AbortController();
    setMaxListeners(100, stop.signal);
    const before = await live();
    const all = Array.from({ length: 20 }, (_, i) =>
      upload(store, { ...TARGET, key: `key${i}` }, spied(views(3 * MiB)).body, {
        partSize: MiB,
        budget,
        signal: stop.signal,
      }),
    );
    for (const one of all) one.catch(() => undefined);
    await vi.waitUntil(() => budget.waiting === 20);
    expect(budget.held).toBe(8 * MiB);
    const window = MiB / 128;
    expect((await live()) - before).toBeLessThan(8 * MiB + 20 * (window + 64 * KiB) + MiB / 2);
    stop.abort("enough");
    await Promise.allSettled(all);
    expect(budget.held).toBe(0);
  });
});

test("what is held is known while parts are being sent", async () => {
  const sent = deferred();
  const { store, calls } = await world([slow("putPart", () => sent.promise)]);
  const budget = new Semaphore(64);
  const held: number[] = [];
  const running = upload(store, TARGET, cut(bytesOf(20), [3]), {
    partSize: 4,
    slots: 3,
    budget,
    onProgress: (progress) => held.push(progress.held),
  });
  await vi.waitUntil(() => calls("putPart") === 3);
  expect(budget.held).toBe(12);
  sent.resolve();
  await running;
  expect(Math.max(...held)).toBe(12);
  expect(held.at(-1)).toBe(0);
});
