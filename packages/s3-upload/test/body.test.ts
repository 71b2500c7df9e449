import { Readable } from "node:stream";
import { fail, StoreError } from "@sluice/object-store";
import { type RandomAccessBody, type UploadBody, upload } from "@sluice/s3-upload";
import { Semaphore } from "@sluice/semaphore";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { bytesOf, cut, deferred, spied, TARGET, world } from "./worlds.js";

const bytes = bytesOf(23);
const web = (from: Iterable<Uint8Array>) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of from) controller.enqueue(chunk);
      controller.close();
    },
  });

/** Bytes that are given out as they are asked for, each read after `turn`. */
const randomAccess = (
  from: Uint8Array,
  turn: () => PromiseLike<unknown> = () => Promise.resolve(),
): RandomAccessBody => ({
  size: from.length,
  async readInto(into, position) {
    await turn();
    into.set(from.subarray(position, position + into.length));
  },
});

describe("a body", () => {
  const bodies: Record<string, () => UploadBody> = {
    "a Uint8Array": () => bytes,
    "a Buffer": () => Buffer.from(bytes),
    "a Blob": () => new Blob([bytes]),
    "a web stream": () => web(cut(bytes, [5])),
    "a Node Readable": () => Readable.from(cut(bytes, [5])),
    "an async iterable": () => spied(cut(bytes, [5])).body,
    "an iterable": () => [...cut(bytes, [5])],
    "what can be read at any place": () => randomAccess(bytes),
  };
  for (const [name, make] of Object.entries(bodies)) {
    test(`may be ${name}`, async () => {
      const { store, object, calls } = await world();
      const result = await upload(store, TARGET, make(), { partSize: 8 });
      expect(await object()).toEqual(bytes);
      expect(result).toMatchObject({ ...TARGET, size: 23, parts: 3 });
      expect(calls("put")).toBe(0);
    });

    test(`that is empty makes an empty object, and one that fits into a part takes one put: ${name}`, async () => {
      for (const size of [0, 8]) {
        const part = bytesOf(size);
        const small: Record<string, UploadBody> = {
          "a Uint8Array": part,
          "a Buffer": Buffer.from(part),
          "a Blob": new Blob([part]),
          "a web stream": web(size ? [part] : []),
          "a Node Readable": Readable.from(size ? [part] : []),
          "an async iterable": spied(cut(part, [3])).body,
          "an iterable": [new Uint8Array(0), part],
          "what can be read at any place": randomAccess(part),
        };
        const { store, object, calls } = await world();
        const result = await upload(store, TARGET, small[name]!, { partSize: 8 });
        expect(await object()).toEqual(part);
        expect(result).toMatchObject({ size, parts: 1 });
        expect(result.uploadId).toBeUndefined();
        expect([calls("put"), calls("createMultipart")]).toEqual([1, 0]);
      }
    });
  }

  test("may be text, also longer than what is encoded at a time", async () => {
    const text = "αβ😀".repeat(50_000);
    const { store, object } = await world([], { maxPartSize: 2 ** 20, maxPutSize: 2 ** 20 });
    const halves = [text.slice(0, 3), text.slice(3)];
    for (const body of [text, halves, Readable.from(halves)]) {
      await upload(store, TARGET, body, { partSize: 100_000 });
      expect(new TextDecoder().decode(await object())).toBe(text);
    }
  });

  test("is copied: the caller may change its chunk as soon as the next one is asked for", async () => {
    const scratch = new Uint8Array(4);
    const body = (function* () {
      for (let i = 0; i < 5; i++) yield scratch.fill(i);
    })();
    const { store, object } = await world();
    await upload(store, TARGET, body, { partSize: 8 });
    expect(await object()).toEqual(Uint8Array.from({ length: 20 }, (_, i) => i >> 2));
  });

  const locked = web([bytes]);
  locked.getReader();
  const wrong: Record<string, unknown> = {
    null: null,
    undefined: undefined,
    number: 5,
    ArrayBuffer: bytes.buffer,
    Promise: Promise.resolve(bytes),
    Object: { a: 1 },
    "a ReadableStream that is locked or read already": locked,
    "a Readable that is destroyed or read already": new Readable({ read() {} }).destroy(),
  };
  for (const [got, body] of Object.entries(wrong)) {
    test(`that is no body is refused at the door: ${got}`, async () => {
      const { store } = await world();
      await expect(upload(store, TARGET, body as UploadBody)).rejects.toMatchObject({
        name: "UnsupportedBodyError",
        code: "ERR_UNSUPPORTED_BODY",
        got,
      });
      expect(store.calls).toEqual([]);
    });
  }

  test("that was read before is refused instead of making an empty object", async () => {
    const { store } = await world();
    const spent = web([bytes]);
    for await (const _ of spent) break;
    const read = Readable.from([bytes]);
    for await (const _ of read.iterator({ destroyOnReturn: false })) break;
    for (const body of [spent, read]) {
      await expect(upload(store, TARGET, body)).rejects.toMatchObject({ code: "ERR_UNSUPPORTED_BODY" });
    }
  });

  test("with a chunk that is neither bytes nor text is refused and cancelled", async () => {
    const { store, leftovers } = await world();
    const source = spied([...cut(bytes, [5]), 7 as never, bytes]);
    await expect(upload(store, TARGET, source.body, { partSize: 4 })).rejects.toMatchObject({
      code: "ERR_UNSUPPORTED_BODY",
      got: "number",
      message: "the chunk must be a Uint8Array or a string, got number",
    });
    expect(source.state.stopped).toBe(true);
    expect(await leftovers()).toBe(0);
  });
});

describe("a body that can be read at any place", () => {
  test("is read by all slots at a time, each part into its own memory, and is what it was, in any order", () =>
    fc.assert(
      fc.asyncProperty(
        fc.nat(60),
        fc.integer({ min: 4, max: 9 }),
        fc.integer({ min: 1, max: 4 }),
        fc.scheduler(),
        async (size, partSize, slots, s) => {
          const { store, object } = await world();
          const budget = new Semaphore(20);
          const body = randomAccess(bytesOf(size), () => s.schedule(Promise.resolve()));
          const result = await s.waitFor(upload(store, TARGET, body, { partSize, slots, budget }));
          expect(await object()).toEqual(bytesOf(size));
          expect(result).toMatchObject({ size, parts: Math.max(1, Math.ceil(size / partSize)) });
          expect(budget.snapshot().peakHeld).toBeLessThanOrEqual(Math.min(20, slots * partSize));
          expect(budget.held).toBe(0);
        },
      ),
    ));

  test("publishes nothing if a read fails, or if it says that it has changed", async () => {
    const error = new Error("of the disk");
    let reads = 0;
    const failing: RandomAccessBody = {
      size: 40,
      async readInto() {
        if (++reads === 3) throw error;
      },
    };
    let checks = 0;
    const changing: RandomAccessBody = {
      size: 40,
      readInto: async () => undefined,
      async verify() {
        if (++checks === 3) throw error;
      },
    };
    for (const body of [failing, changing]) {
      const { store, object, leftovers } = await world();
      const budget = new Semaphore(20);
      await expect(upload(store, TARGET, body, { partSize: 4, budget })).rejects.toBe(error);
      expect([await object(), await leftovers(), budget.held, budget.waiting]).toEqual([undefined, 0, 0, 0]);
    }
  });

  test("keeps its memory until a read that is in progress has ended, since that writes into it", async () => {
    const reading = deferred();
    const { store } = await world();
    const budget = new Semaphore(8);
    const stop = new AbortController();
    const body = randomAccess(bytesOf(20), () => reading.promise);
    const running = upload(store, TARGET, body, { partSize: 4, budget, signal: stop.signal });
    running.catch(() => undefined);
    await vi.waitUntil(() => budget.waiting === 1);
    stop.abort("enough");
    await new Promise(setImmediate);
    expect([budget.held, budget.waiting]).toEqual([8, 0]);
    reading.resolve();
    await expect(running).rejects.toBe("enough");
    expect(budget.held).toBe(0);
  });
});

test("a key may have any character that there is", async () => {
  const keys = [
    " a b ",
    "a+b%20c",
    "ä/ö//ü",
    "../x/./y",
    "?q=1&r#s",
    "'\"<>\\",
    "😀\u0301",
    "\u0001\t\n",
    "\u2028",
  ];
  const { store } = await world();
  for (const key of keys) {
    for (const size of [5, 20]) {
      const result = await upload(store, { bucket: TARGET.bucket, key }, bytesOf(size), { partSize: 8 });
      expect(result.key).toBe(key);
      expect((await store.head({ bucket: TARGET.bucket, key })).size).toBe(size);
    }
  }
  const { objects } = await store.list(TARGET.bucket);
  expect(objects.map(({ key }) => key).sort()).toEqual([...keys].sort());
});

describe("a source that stalls for ever", () => {
  const denied = () => new StoreError("AccessDenied", "no", { status: 403 });

  test("is cancelled with the cause, if it is a web stream", async () => {
    const { store, leftovers } = await world([fail("putPart", denied, 2)]);
    const cancelled: unknown[] = [];
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(bytes.slice(0, 10)),
      cancel: (reason) => void cancelled.push(reason),
    });
    const error = await upload(store, TARGET, body, { partSize: 4 }).catch((why: unknown) => why);
    expect(error).toMatchObject({ code: "AccessDenied" });
    expect(cancelled).toEqual([error]);
    expect(await leftovers()).toBe(0);
  });

  test("is destroyed with the cause, if it is a Node Readable", async () => {
    const { store, leftovers } = await world([fail("putPart", denied, 2)]);
    const body = new Readable({ read() {} });
    body.push(bytes.slice(0, 10));
    const error = await upload(store, TARGET, body, { partSize: 4 }).catch((why: unknown) => why);
    expect(error).toMatchObject({ code: "AccessDenied" });
    expect(body.destroyed).toBe(true);
    expect(body.errored).toBe(error);
    expect(await leftovers()).toBe(0);
  });

  test("is told to return, if it is an async iterable, and its answer is not waited for", async () => {
    const { store, leftovers } = await world([fail("putPart", denied, 2)]);
    const { body, state } = spied(cut(bytes, [10]), "stall");
    await expect(upload(store, TARGET, body, { partSize: 4 })).rejects.toMatchObject({
      code: "AccessDenied",
    });
    expect(state.stopped).toBe(true);
    expect(await leftovers()).toBe(0);
  });

  test("is left by an abort before its first byte, and no Readable ends the process", async () => {
    const { store } = await world();
    for (const body of [
      new Readable({ read() {} }),
      spied([], "stall").body,
      new ReadableStream<Uint8Array>(),
    ]) {
      const stop = new AbortController();
      const running = upload(store, TARGET, body, { signal: stop.signal });
      stop.abort("enough");
      await expect(running).rejects.toBe("enough");
    }
    const body = new Readable({ read() {} });
    const reason = new Error("too late");
    await expect(upload(store, TARGET, body, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(body.destroyed).toBe(true);
    expect(store.calls).toEqual([]);
  });
});
