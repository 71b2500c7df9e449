import {
  fail,
  failOnce,
  flipBit,
  hang,
  loseAnswer,
  MemoryStore,
  type ObjectStore,
  type PartsPage,
  StoreError,
  slow,
  slowDown,
} from "@sluice/object-store";
import { upload } from "@sluice/s3-upload";
import { MemoryBudget, Semaphore } from "@sluice/semaphore";
import { afterEach, describe, expect, test, vi } from "vitest";
import { overriding } from "./overriding.js";
import { bytesOf, cut, deferred, spied, TARGET, world } from "./worlds.js";

const denied = () => new StoreError("AccessDenied", "no", { status: 403 });
const AT_ONCE = { baseDelay: 0 };
afterEach(() => void vi.useRealTimers());

describe("at the door, before any request", () => {
  test("a part size that the store does not take is refused with both numbers", async () => {
    const store = new MemoryStore();
    const tooSmall = upload(store, TARGET, "x", { partSize: "4MiB" });
    await expect(tooSmall).rejects.toMatchObject({ code: "ERR_INVALID_VALUE", what: "partSize" });
    await expect(tooSmall).rejects.toThrow(/5242880 to 5368709120 bytes on this store, got "4MiB"/);
    await expect(upload(store, TARGET, "x", { partSize: 5242879 })).rejects.toThrow(/5242880.*got 5242879/);
    await expect(upload(store, TARGET, "x", { partSize: "8 apples" })).rejects.toThrow(/apples/);
    await expect(upload(store, TARGET, "x", { slots: 0 })).rejects.toThrow(/slots/);
    await expect(upload(store, TARGET, "x", { length: -1 })).rejects.toThrow(/length/);
  });

  test("a refused upload stops the body that it was given", async () => {
    const { store } = await world();
    const { body, state } = spied([bytesOf(5)]);
    await expect(upload(store, TARGET, body, { slots: 1.5 })).rejects.toThrow(/slots/);
    expect(state.stopped).toBe(true);
    expect(store.calls).toEqual([]);
  });

  test("a length that contradicts the body is refused", async () => {
    const { store } = await world();
    await expect(upload(store, TARGET, bytesOf(5), { length: 6 })).rejects.toMatchObject({
      code: "ERR_LENGTH_MISMATCH",
      declared: 6,
      received: 5,
    });
    expect(store.calls).toEqual([]);
  });

  test("a budget below one part is refused with the minimum, unless the part size may shrink", async () => {
    const { store } = await world();
    const stream = () => spied(cut(bytesOf(30), [7])).body;
    await expect(
      upload(store, TARGET, stream(), { partSize: 16, budget: new Semaphore(15) }),
    ).rejects.toMatchObject({
      code: "ERR_PART_TOO_LARGE_FOR_BUDGET",
      partSize: 16,
      capacity: 15,
      minimum: 16,
    });
    await expect(upload(store, TARGET, stream(), { budget: new Semaphore(3) })).rejects.toMatchObject({
      code: "ERR_PART_TOO_LARGE_FOR_BUDGET",
      minimum: 4,
    });
    expect(store.calls).toEqual([]);
    const budget = new Semaphore(15);
    expect((await upload(store, TARGET, stream(), { budget })).parts).toBe(2);
    expect(budget.snapshot().peakHeld).toBe(15);
  });

  test("a short known body needs no more budget than its own length", async () => {
    const store = new MemoryStore();
    const budget = new MemoryBudget("1KiB");
    await upload(store, TARGET, bytesOf(1_000), { budget });
    expect(budget.snapshot().peakHeld).toBe(1_000);
  });
});

describe("U5: what is too large is refused before it is sent", () => {
  test("a known length before any request", async () => {
    const { store } = await world([], { maxParts: 3 });
    await expect(upload(store, TARGET, bytesOf(13), { partSize: 4 })).rejects.toMatchObject({
      code: "ERR_OBJECT_TOO_LARGE",
      maxBytes: 12,
      maxParts: 3,
    });
    const { store: small } = await world([], { maxObjectSize: 12 });
    await expect(upload(small, TARGET, bytesOf(13))).rejects.toMatchObject({ maxBytes: 12 });
    expect([...store.calls, ...small.calls]).toEqual([]);
  });

  test("a stream at the byte that would begin the part after the last", async () => {
    const { store, object, leftovers } = await world([], { maxParts: 3 });
    const body = () => spied(cut(bytesOf(13), [1])).body;
    await expect(upload(store, TARGET, body(), { partSize: 4 })).rejects.toMatchObject({
      code: "ERR_OBJECT_TOO_LARGE",
    });
    expect(store.calls.filter(({ method, args }) => method === "putPart" && (args[1] as number) > 3)).toEqual(
      [],
    );
    expect(await object()).toBeUndefined();
    expect(await leftovers()).toBe(0);
    expect((await upload(store, TARGET, cut(bytesOf(12), [5]), { partSize: 4 })).parts).toBe(3);
  });

  test("the default part size grows so that a known length takes no more parts than there are", async () => {
    const MiB = 2 ** 20;
    const { store } = await world([], { maxParts: 2, maxPartSize: 64 * MiB });
    const { parts, size } = await upload(store, TARGET, new Uint8Array(16 * MiB + 2));
    expect({ parts, size }).toEqual({ parts: 2, size: 16 * MiB + 2 });
    const sizes = store.calls.flatMap(({ method, args }) =>
      method === "putPart" ? [(args[2] as Uint8Array).length] : [],
    );
    expect(sizes).toEqual([8 * MiB + 1, 8 * MiB + 1]);
  });
});

describe("U6: a part that is sent again", () => {
  test("keeps its number and its bytes, and waits as long as the store asks", async () => {
    vi.useFakeTimers();
    const { store, object } = await world([slowDown("putPart", { times: 3, retryAfter: 7_000 })]);
    const delays: number[] = [];
    const sent = new Map<number, Set<string>>();
    const running = upload(store, TARGET, cut(bytesOf(20), [3]), {
      partSize: 8,
      retry: { onRetry: ({ delay }) => delays.push(delay), random: () => 0.5 },
    });
    await vi.runAllTimersAsync();
    await running;
    for (const { method, args } of store.calls) {
      if (method !== "putPart") continue;
      const digests = sent.get(args[1] as number) ?? new Set();
      digests.add(JSON.stringify((args[3] as { checksum: unknown }).checksum));
      sent.set(args[1] as number, digests);
    }
    expect([...sent.values()].map((digests) => digests.size)).toEqual([1, 1, 1]);
    expect(await object()).toEqual(bytesOf(20));
    expect(delays).toEqual([7_000, 7_000, 7_000]);
  });

  test("is given up at the cap, with the store's own error", async () => {
    const error = new StoreError("InternalError", "we are sorry", { status: 500 });
    const { store, leftovers } = await world([fail("putPart", () => error)]);
    const running = upload(store, TARGET, bytesOf(20), {
      partSize: 8,
      slots: 1,
      retry: { ...AT_ONCE, attempts: 3 },
    });
    await expect(running).rejects.toBe(error);
    expect(store.calls.filter(({ method }) => method === "putPart")).toHaveLength(3);
    expect(await leftovers()).toBe(0);
  });

  test("is not sent again after an abort during the delay, and no timer is left", async () => {
    vi.useFakeTimers();
    const { store, calls, leftovers } = await world([slowDown("putPart", { times: 9 })]);
    const stop = new AbortController();
    const running = upload(store, TARGET, bytesOf(20), {
      partSize: 8,
      slots: 1,
      signal: stop.signal,
      retry: { onRetry: () => stop.abort("enough") },
    });
    await expect(running).rejects.toBe("enough");
    expect(calls("putPart")).toBe(1);
    expect(await leftovers()).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("U7: a lost answer", () => {
  const options = { partSize: 8, retry: { ...AT_ONCE, attempts: 2 } };

  test("to Complete is no failure when the object is there", async () => {
    const { store, object, calls } = await world([loseAnswer("completeMultipart")]);
    const result = await upload(store, TARGET, bytesOf(20), options);
    const { etag } = await store.head(TARGET);
    expect(result).toMatchObject({ etag, size: 20, parts: 3 });
    expect(await object()).toEqual(bytesOf(20));
    expect(calls("abortMultipart")).toBe(0);
  });

  test("to every Complete is resolved by looking too", async () => {
    const { store, object } = await world([loseAnswer("completeMultipart", () => true)]);
    await upload(store, TARGET, bytesOf(20), { ...options, retry: { ...AT_ONCE, attempts: 1 } });
    expect(await object()).toEqual(bytesOf(20));
  });

  test("does not take an older object with the same bytes for its own", async () => {
    const { store, leftovers } = await world([
      fail(
        "completeMultipart",
        () => new StoreError("NetworkError", "cut"),
        ({ nth }) => nth > 1,
      ),
    ]);
    await upload(store, TARGET, bytesOf(20), options);
    await expect(upload(store, TARGET, bytesOf(20), options)).rejects.toMatchObject({ code: "NetworkError" });
    expect(await leftovers()).toBe(0);
  });

  test("does not take somebody else's object for its own", async () => {
    const { store, leftovers } = await world([
      loseAnswer("completeMultipart"),
      slow("head", () => store.put(TARGET, bytesOf(20))),
    ]);
    await expect(upload(store, TARGET, bytesOf(20), options)).rejects.toMatchObject({ code: "NoSuchUpload" });
    expect(await leftovers()).toBe(0);
  });

  describe("to Complete, on a store that goes on to list the parts of an upload that is complete, as Swift does,", () => {
    const once = { partSize: 8, retry: { ...AT_ONCE, attempts: 1 } };
    const lost = () => new StoreError("NetworkError", "cut");

    /** Its parts stay listed; what is open, and what else is done, tells the store. */
    function swift(store: ObjectStore, methods: Partial<ObjectStore> = {}): ObjectStore {
      let last: PartsPage | undefined;
      return overriding(store, {
        async completeMultipart(upload, ...rest) {
          last = await store.listParts(upload);
          return store.completeMultipart(upload, ...rest);
        },
        listParts: async (...args) => (args[1]?.limit === 1 && last) || store.listParts(...args),
        ...methods,
      });
    }

    test("is no failure when the upload is not open any more, and the object is ours", async () => {
      const { store, object, calls } = await world([loseAnswer("completeMultipart")]);
      expect(await upload(swift(store), TARGET, bytesOf(20), once)).toMatchObject({ size: 20, parts: 3 });
      expect(await object()).toEqual(bytesOf(20));
      expect([calls("listMultiparts"), calls("head"), calls("abortMultipart")]).toEqual([1, 1, 0]);
    });

    test("is a failure when the object is another", async () => {
      for (const other of [bytesOf(21), bytesOf(20)]) {
        const { store, leftovers } = await world([loseAnswer("completeMultipart")]);
        const replaced = swift(store, {
          head: () => store.put(TARGET, other).then(() => store.head(TARGET)),
        });
        await expect(upload(replaced, TARGET, bytesOf(20), once)).rejects.toMatchObject({
          code: "NetworkError",
        });
        expect(await leftovers()).toBe(0);
      }
    });

    test("is a failure when the object is older, whatever the list of open uploads lacks", async () => {
      vi.useFakeTimers({ toFake: ["Date"] });
      for (const { later, lists } of [
        { later: 1_000, lists: { uploads: [] } },
        { later: 0, lists: undefined },
        { later: 0, lists: { uploads: [], next: "more" } },
      ]) {
        const { store, leftovers } = await world([fail("completeMultipart", lost, ({ nth }) => nth > 1)]);
        await upload(store, TARGET, bytesOf(20), once);
        vi.setSystemTime(Date.now() + later);
        const listMultiparts = (bucket: string) => lists ?? store.listMultiparts(bucket);
        const lagging = swift(store, { listMultiparts: async (bucket) => listMultiparts(bucket) });
        await expect(upload(lagging, TARGET, bytesOf(20), once)).rejects.toMatchObject({
          code: "NetworkError",
        });
        expect(await leftovers()).toBe(0);
      }
    });
  });

  test("to a conditional put that won is no failure, and a condition that fails still is one", async () => {
    const { store } = await world([loseAnswer("put")]);
    const conditional = { ...options, ifNoneMatch: "*" as const };
    expect((await upload(store, TARGET, bytesOf(5), conditional)).size).toBe(5);
    await expect(upload(store, TARGET, bytesOf(5), conditional)).rejects.toMatchObject({
      code: "PreconditionFailed",
    });
  });
});

test("a put that fails for good is no success because the same bytes were there before", async () => {
  const network = () => new StoreError("NetworkError", "cut");
  const { store } = await world([fail("put", network, 2), fail("put", denied, 3)]);
  await upload(store, TARGET, bytesOf(5));
  await expect(upload(store, TARGET, bytesOf(5), { retry: AT_ONCE })).rejects.toMatchObject({
    code: "AccessDenied",
  });
});

test("a put that conflicts with another write in progress is tried again", async () => {
  const conflict = new StoreError("ConditionalRequestConflict", "try again", { status: 409 });
  const { store, calls } = await world([failOnce("put", conflict)]);
  await upload(store, TARGET, bytesOf(5), { ifNoneMatch: "*", retry: AT_ONCE });
  expect(calls("put")).toBe(2);
});

describe("U8: a bit that flips on its way", () => {
  for (const integrity of ["crc32", "crc32c", "sha1", "sha256", "md5"] as const) {
    test(`is caught by ${integrity} and the part is sent again, in parts and in one put`, async () => {
      for (const size of [20, 5]) {
        const { store, object, calls } = await world([flipBit("putPart", 3), flipBit("put", 3)]);
        await upload(store, TARGET, bytesOf(size), { partSize: 8, integrity, retry: AT_ONCE });
        expect(await object()).toEqual(bytesOf(size));
        expect(calls("put") + calls("putPart")).toBe(size === 20 ? 4 : 2);
      }
    });
  }

  test("is never published, even if it flips every time", async () => {
    const { store, object, leftovers } = await world([flipBit("putPart", 3, () => true)]);
    await expect(
      upload(store, TARGET, bytesOf(20), { partSize: 8, retry: { ...AT_ONCE, attempts: 3 } }),
    ).rejects.toMatchObject({ code: "BadDigest", retryable: true });
    expect(await object()).toBeUndefined();
    expect(await leftovers()).toBe(0);
  });

  test("goes through without integrity, which is why it is on by default", async () => {
    const { store, object } = await world([flipBit("putPart", 3)]);
    await upload(store, TARGET, bytesOf(20), { partSize: 8, integrity: "none" });
    expect(await object()).not.toEqual(bytesOf(20));
  });
});

describe("headers and conditions", () => {
  const headers = {
    contentType: "text/plain",
    contentEncoding: "gzip",
    contentDisposition: "inline",
    contentLanguage: "en",
    cacheControl: "no-store",
    metadata: { a: "1" },
  };
  test("arrive with the object, in parts and in one put", async () => {
    for (const size of [20, 5]) {
      const { store } = await world();
      await upload(store, TARGET, bytesOf(size), { ...headers, partSize: 8 });
      expect(await store.head(TARGET)).toMatchObject(headers);
    }
  });

  test("ifNoneMatch and ifMatch hold, in parts and in one put", async () => {
    for (const size of [20, 5]) {
      const { store, leftovers } = await world();
      const { etag } = await upload(store, TARGET, bytesOf(size), { partSize: 8, ifNoneMatch: "*" });
      for (const condition of [{ ifNoneMatch: "*" as const }, { ifMatch: '"other"' }]) {
        await expect(
          upload(store, TARGET, bytesOf(size), { partSize: 8, ...condition }),
        ).rejects.toMatchObject({ code: "PreconditionFailed" });
      }
      await upload(store, TARGET, bytesOf(size), { partSize: 8, ifMatch: etag });
      expect(await leftovers()).toBe(0);
    }
  });
});

test("a store that completes without an ETag is helped out", async () => {
  const { store } = await world();
  const terse = new Proxy(store, {
    get: (inner, name: keyof typeof store) =>
      name === "completeMultipart"
        ? async (...args: Parameters<typeof store.completeMultipart>) => ({
            ...(await store.completeMultipart(...args)),
            etag: "",
          })
        : inner[name],
  });
  const { etag } = await upload(terse, TARGET, bytesOf(20), { partSize: 8 });
  expect(etag).toBe((await store.head(TARGET)).etag);
});

describe("after a failure", () => {
  test("a part that lands after the abort is removed as well", async () => {
    const { store, leftovers } = await world([fail("putPart", denied, 2)]);
    // A server that only says that it has aborted the first time, as one does that is still taking in a part.
    let aborts = 0;
    const lazy = new Proxy(store, {
      get: (inner, name: keyof typeof store) =>
        name === "abortMultipart"
          ? async (...args: Parameters<typeof store.abortMultipart>) => {
              if (aborts++ > 0) await store.abortMultipart(...args);
            }
          : inner[name],
    });
    await expect(upload(lazy, TARGET, bytesOf(20), { partSize: 8 })).rejects.toThrow(/AccessDenied/);
    expect(aborts).toBe(2);
    expect(await leftovers()).toBe(0);
  });

  test("the store is cleared up with several tries, however few the upload was given", async () => {
    const { store, leftovers } = await world([fail("putPart", denied), failOnce("abortMultipart")]);
    const options = { partSize: 8, retry: { ...AT_ONCE, attempts: 1 } };
    await expect(upload(store, TARGET, bytesOf(20), options)).rejects.not.toHaveProperty("alsoFailed");
    expect(await leftovers()).toBe(0);
  });

  test("a retry listener that throws does not keep the store from being cleared up", async () => {
    const { store, leftovers } = await world([failOnce("abortMultipart"), slowDown("putPart", { times: 9 })]);
    const error = new Error("of the listener");
    const onRetry = () => {
      throw error;
    };
    const options = { partSize: 8, retry: { ...AT_ONCE, onRetry } };
    await expect(upload(store, TARGET, bytesOf(20), options)).rejects.toBe(error);
    expect(await leftovers()).toBe(0);
  });

  test("the share of a part that was still being read is back before the others have settled", async () => {
    const sent = deferred();
    const { store, calls } = await world([slow("putPart", () => sent.promise)]);
    const budget = new Semaphore(16);
    const stop = new AbortController();
    const { body } = spied(cut(bytesOf(6), [6]), "stall");
    const running = upload(store, TARGET, body, { partSize: 4, budget, signal: stop.signal });
    await vi.waitUntil(() => calls("putPart") === 1);
    expect(budget.held).toBe(8);
    stop.abort("enough");
    expect(budget.held).toBe(4);
    sent.resolve();
    await expect(running).rejects.toBe("enough");
    expect(budget.held).toBe(0);
  });

  test("an abort at any microtask leaves nothing held, open or waiting", async () => {
    for (let hops = 0; hops < 150; hops++) {
      const { store, leftovers } = await world();
      const budget = new Semaphore(8);
      const other = await budget.acquire(8);
      const stop = new AbortController();
      const { body, state } = spied(cut(bytesOf(30), [9]), "stall");
      const running = upload(store, TARGET, body, { partSize: 4, budget, signal: stop.signal });
      running.catch(() => undefined);
      await Promise.resolve();
      other.release();
      for (let i = 0; i < hops; i++) await Promise.resolve();
      stop.abort("enough");
      await expect(running).rejects.toBe("enough");
      expect([budget.held, budget.waiting, state.stopped, await leftovers()]).toEqual([0, 0, true, 0]);
    }
  });

  test("what fails while clearing up is attached to the first error, and hides nothing", async () => {
    const first = denied();
    const second = new StoreError("AccessDenied", "nor may you abort", { status: 403 });
    const { store } = await world([fail("putPart", () => first), fail("abortMultipart", () => second)]);
    await expect(upload(store, TARGET, bytesOf(20), { partSize: 8 })).rejects.toBe(first);
    expect(first).toHaveProperty("alsoFailed", [second]);
  });

  test("an error that can carry nothing surfaces all the same", async () => {
    for (const cause of ["a text", Object.freeze(new Error("frozen")), undefined]) {
      const { store } = await world([fail("putPart", () => cause), fail("abortMultipart", denied)]);
      await expect(
        upload(store, TARGET, bytesOf(20), { partSize: 8 }).catch((error: unknown) => ({ error })),
      ).resolves.toEqual({ error: cause });
    }
  });

  test("a dead server cannot keep the upload from failing for longer than ten seconds", async () => {
    vi.useFakeTimers();
    const first = denied();
    const { store } = await world([fail("putPart", () => first), hang("abortMultipart")]);
    const running = upload(store, TARGET, bytesOf(20), { partSize: 8 }).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await running).toBe(first);
    expect(first).toMatchObject({ alsoFailed: [{ name: "TimeoutError" }] });
    expect(vi.getTimerCount()).toBe(0);
  });

  test("an abort while the multipart upload is being begun waits for its id, and aborts it", async () => {
    const begun = deferred();
    const { store, leftovers, calls } = await world([slow("createMultipart", () => begun.promise)]);
    const stop = new AbortController();
    const { body, state } = spied(cut(bytesOf(20), [10]), "stall");
    const running = upload(store, TARGET, body, { partSize: 4, signal: stop.signal });
    await vi.waitUntil(() => calls("createMultipart") === 1);
    stop.abort("enough");
    await Promise.resolve();
    expect(state.stopped).toBe(true);
    begun.resolve();
    await expect(running).rejects.toBe("enough");
    expect([calls("abortMultipart"), await leftovers()]).toEqual([1, 0]);
  });

  test("an abort is not held up for ever by a server that never begins", async () => {
    vi.useFakeTimers();
    const { store, calls } = await world([hang("createMultipart")]);
    const stop = new AbortController();
    const running = upload(store, TARGET, bytesOf(20), { partSize: 4, signal: stop.signal });
    running.catch(() => undefined);
    await vi.advanceTimersByTimeAsync(0);
    expect(calls("createMultipart")).toBe(1);
    stop.abort("enough");
    await vi.advanceTimersByTimeAsync(10_000);
    await expect(running).rejects.toBe("enough");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("the parts stay on the store if they are to be left there", async () => {
    const { store, leftovers } = await world([fail("putPart", denied, 2)]);
    await expect(
      upload(store, TARGET, bytesOf(20), { partSize: 8, leavePartsOnError: true }),
    ).rejects.toThrow();
    expect(await leftovers()).toBe(1);
  });

  test("a progress listener that throws fails the upload with its error", async () => {
    const { store, leftovers, object } = await world();
    const error = new Error("of the listener");
    const onProgress = () => {
      throw error;
    };
    await expect(upload(store, TARGET, bytesOf(20), { partSize: 8, onProgress })).rejects.toBe(error);
    expect(await leftovers()).toBe(0);
    expect(await object()).toBeUndefined();
  });

  test("a budget that is closed while waiting fails the upload", async () => {
    const { store, leftovers } = await world();
    const budget = new Semaphore(8);
    const other = await budget.acquire(8);
    const { body, state } = spied([bytesOf(5)]);
    const running = upload(store, TARGET, body, { partSize: 8, budget });
    budget.close();
    await expect(running).rejects.toMatchObject({ code: "ERR_CLOSED" });
    expect(state.stopped).toBe(true);
    expect(await leftovers()).toBe(0);
    other.release();
    expect(budget.held).toBe(0);
  });
});

test("many uploads share one budget of a single part and all finish", async () => {
  const { store } = await world();
  const budget = new Semaphore(8);
  const uploads = Array.from({ length: 20 }, (_, i) =>
    upload(store, { ...TARGET, key: `key${i}` }, cut(bytesOf(40 + i), [7]), { partSize: 8, budget }),
  );
  const sizes = (await Promise.all(uploads)).map(({ size }) => size);
  expect(sizes).toEqual(sizes.map((_, i) => 40 + i));
  expect(budget.snapshot()).toMatchObject({ held: 0, peakHeld: 8, waiting: 0 });
});
