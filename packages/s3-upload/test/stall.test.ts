import { Readable } from "node:stream";
import { slow } from "@sluice/object-store";
import { type RandomAccessBody, type UploadBody, type UploadOptions, upload } from "@sluice/s3-upload";
import { Semaphore } from "@sluice/semaphore";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { bytesOf, cut, deferred, spied, TARGET, world } from "./worlds.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const IDLE = 1_000;
/** It may be noticed a quarter late. */
const LATEST = 1_250;

const LONG = 100 * IDLE;

/** A body that brings ten bytes, and then nothing; and with what it was stopped. */
interface Silent {
  readonly body: UploadBody;
  stoppedBy?: unknown;
}

function readable(): Silent {
  const body = new Readable({
    read() {},
    destroy(error, done) {
      silent.stoppedBy = error;
      done(null);
    },
  });
  body.push(bytesOf(10));
  const silent: Silent = { body };
  return silent;
}

function webStream(): Silent {
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(bytesOf(10)),
    cancel(reason) {
      silent.stoppedBy = reason;
    },
  });
  const silent: Silent = { body };
  return silent;
}

function atAnyPlace(): Silent {
  let left = 10;
  const body: RandomAccessBody = {
    size: 20,
    readInto: (into, _position, signal) =>
      new Promise((resolve, reject) => {
        left -= into.length;
        if (left >= 0) return resolve();
        signal.addEventListener("abort", () => {
          silent.stoppedBy = signal.reason;
          reject(signal.reason);
        });
      }),
  };
  const silent: Silent = { body };
  return silent;
}

function iterable(): Silent {
  const { body, state } = spied([bytesOf(10)], "stall");
  return {
    body,
    get stoppedBy() {
      return state.stopped ? expect.anything() : undefined;
    },
  };
}

/** Begins an upload, and records how it ends. */
function begin(store: Parameters<typeof upload>[0], body: UploadBody, options: UploadOptions, key = "key") {
  const state: { ended?: unknown } = {};
  const ended = (how: unknown) => {
    state.ended = how;
  };
  upload(store, { ...TARGET, key }, body, { partSize: 8, ...options }).then(() => ended("published"), ended);
  return state;
}

describe("a source that brings nothing for `idleTimeout`", () => {
  for (const [kind, make] of Object.entries({ readable, webStream, iterable, atAnyPlace })) {
    test(`fails the upload, is cancelled, and leaves nothing (${kind})`, async () => {
      const { store, leftovers, calls } = await world();
      const budget = new Semaphore(16);
      const silent = make();
      const state = begin(store, silent.body, { budget, idleTimeout: IDLE });
      await vi.advanceTimersByTimeAsync(IDLE - 1);
      expect(state.ended).toBeUndefined();
      await vi.advanceTimersByTimeAsync(LATEST - IDLE + 1);
      const received = kind === "atAnyPlace" ? 8 : 10;
      expect(state.ended).toMatchObject({
        name: "SourceStalledError",
        code: "ERR_SOURCE_STALLED",
        message: `the source has brought nothing for 1000 ms, after ${received} bytes`,
        milliseconds: IDLE,
        received,
      });
      expect(silent.stoppedBy).toEqual(state.ended);
      expect([calls("createMultipart"), await leftovers(), budget.held]).toEqual([1, 0, 0]);
      expect(vi.getTimerCount()).toBe(0);
    });
  }

  test("stops the parts that are on their way, and is the error that surfaces", async () => {
    const { store, leftovers } = await world([slow("putPart", () => new Promise(() => undefined))]);
    const state = begin(store, readable().body, { idleTimeout: IDLE });
    await vi.advanceTimersByTimeAsync(LATEST);
    expect(state.ended).toMatchObject({ code: "ERR_SOURCE_STALLED" });
    expect([await leftovers(), vi.getTimerCount()]).toEqual([0, 0]);
  });

  test("fails it too if all bytes have come, but not the end", async () => {
    const { store, object } = await world();
    const state = begin(store, readable().body, { length: 10, idleTimeout: IDLE });
    await vi.advanceTimersByTimeAsync(LATEST);
    expect(state.ended).toMatchObject({ code: "ERR_SOURCE_STALLED" });
    expect(await object()).toBeUndefined();
  });

  test("has brought nothing if its chunks are empty", async () => {
    const { store } = await world();
    const source = spied(
      (function* () {
        for (;;) yield new Uint8Array(0);
      })(),
      "end",
      () => new Promise((resolve) => setTimeout(resolve, 100)), // real time: none, the clock is fake
    );
    const state = begin(store, source.body, { idleTimeout: IDLE });
    await vi.advanceTimersByTimeAsync(LATEST);
    expect(state.ended).toMatchObject({ code: "ERR_SOURCE_STALLED", received: 0 });
  });

  test("keeps no budget from others: of twenty uploads, ten silent ones do not block ten that go on", async () => {
    const { store, leftovers } = await world();
    const budget = new Semaphore(16);
    const silent = Array.from({ length: 10 }, (_, i) =>
      begin(store, readable().body, { budget, idleTimeout: IDLE }, `silent${i}`),
    );
    await vi.advanceTimersByTimeAsync(0);
    const busy = Array.from({ length: 10 }, (_, i) =>
      begin(store, Readable.from(cut(bytesOf(40), [5])), { budget, idleTimeout: IDLE }, `busy${i}`),
    );
    await vi.advanceTimersByTimeAsync(IDLE - 1);
    expect([...silent, ...busy].every(({ ended }) => ended === undefined)).toBe(true);
    // Two have room at a time.
    await vi.advanceTimersByTimeAsync(5 * LATEST);
    expect(busy.map(({ ended }) => ended)).toEqual(busy.map(() => "published"));
    for (const { ended } of silent) expect(ended).toMatchObject({ code: "ERR_SOURCE_STALLED" });
    expect([budget.held, await leftovers(), vi.getTimerCount()]).toEqual([0, 0, 0]);
  });
});

describe("the time of a source does not run", () => {
  test("while the upload waits for the store", async () => {
    const gate = deferred();
    const { store, object } = await world([slow("putPart", () => gate.promise)]);
    const source = spied(cut(bytesOf(20), [8]));
    const state = begin(store, source.body, { slots: 1, idleTimeout: IDLE });
    await vi.advanceTimersByTimeAsync(LONG);
    expect(state.ended).toBeUndefined();
    gate.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect([state.ended, await object()]).toEqual(["published", bytesOf(20)]);
  });

  test("while it waits for its budget, or for a slot", async () => {
    for (const what of ["budget", "slots"] as const) {
      const { store } = await world();
      const shared = new Semaphore(what === "budget" ? 8 : 1);
      const permit = await shared.acquire(shared.capacity);
      const state = begin(store, spied(cut(bytesOf(20), [8])).body, { [what]: shared, idleTimeout: IDLE });
      await vi.advanceTimersByTimeAsync(LONG);
      expect(state.ended).toBeUndefined();
      permit.release();
      await vi.advanceTimersByTimeAsync(100);
      expect([state.ended, shared.held, vi.getTimerCount()]).toEqual(["published", 0, 0]);
    }
  });

  test("as long as a byte comes in time, however long it all takes", async () => {
    const { store } = await world();
    const turn = () => new Promise((resolve) => setTimeout(resolve, IDLE - 1)); // real time: none, the clock is fake
    const state = begin(store, spied(cut(bytesOf(20), [1]), "end", turn).body, { idleTimeout: IDLE });
    await vi.advanceTimersByTimeAsync(20 * IDLE);
    expect(state.ended).toBeUndefined();
    await vi.advanceTimersByTimeAsync(IDLE);
    expect(state.ended).toBe("published");
  });

  test("where no `idleTimeout` is given: a log may be silent for long", async () => {
    const { store } = await world();
    const stop = new AbortController();
    const state = begin(store, readable().body, { signal: stop.signal });
    await vi.advanceTimersByTimeAsync(LONG);
    expect(state.ended).toBeUndefined();
    stop.abort("enough");
    await vi.advanceTimersByTimeAsync(0);
    expect(state.ended).toBe("enough");
  });
});

test("an `idleTimeout` that no timer keeps is refused at the door, and the body cancelled", async () => {
  const { store } = await world();
  for (const idleTimeout of [0, -1, 0.5, Number.NaN, Infinity, 2 ** 31, "10"] as number[]) {
    const { body, state } = spied([bytesOf(10)]);
    await expect(upload(store, TARGET, body, { idleTimeout })).rejects.toMatchObject({
      code: "ERR_INVALID_VALUE",
      what: "idleTimeout",
    });
    expect(state.asked).toBe(0);
  }
  expect(store.calls).toEqual([]);
});
