import {
  digestOf,
  type GetOptions,
  type GetResult,
  type HeadOptions,
  MemoryStore,
  type ObjectSource,
  type ObjectStore,
  StoreError,
} from "@sluice/object-store";
import { download } from "@sluice/s3-download";
import { MemoryBudget } from "@sluice/semaphore";
import { beforeEach, describe, expect, test } from "vitest";
import { at, bytes, drain, metered } from "./metered.js";

let memory: MemoryStore;
beforeEach(async () => {
  memory = new MemoryStore({ chunkSize: 8 });
  await memory.put(at, bytes(100));
});

/** A store with other ways of answering. */
function answering(
  get: (source: ObjectSource, options: GetOptions) => Promise<GetResult>,
  head?: (source: ObjectSource, options: HeadOptions) => ReturnType<ObjectStore["head"]>,
): ObjectStore {
  const own: Record<string, unknown> = head === undefined ? { get } : { get, head };
  return new Proxy(memory, {
    get: (target, name) => own[name as string] ?? Reflect.get(target, name).bind?.(target),
  });
}

describe("a store that heeds no range", () => {
  const deaf = () => answering((source, { range: _unheeded, ...options }) => memory.get(source, options));

  test("is read by one request, and no more is held than a chunk", async () => {
    const { store, meter } = metered(deaf(), { cut: () => 7 });
    const budget = new MemoryBudget(50);
    let read = 0;
    const got = await download(store, at, { rangeSize: 20, budget });
    const all = await drain(got.body, (chunk) => {
      read += chunk.length;
      expect(meter.given - read).toBeLessThanOrEqual(7);
    });
    expect(Buffer.from(all).equals(bytes(100))).toBe(true);
    expect(meter.asked).toHaveLength(1);
    expect([meter.open, budget.held, budget.snapshot().peakHeld]).toEqual([0, 0, 20]);
  });

  test.each([
    [{ start: 0, end: 9 }, 15],
    [{ start: 33, end: 66 }, 71],
    [{ start: 90, end: undefined }, 100],
    [{ start: 99, end: 500 }, 100],
  ])(
    "gives the bytes of %j after those before them were skipped, and is then stopped",
    async (range, most) => {
      const { store, meter } = metered(deaf(), { cut: () => 7 });
      const got = await download(store, at, { rangeSize: 20, range });
      expect(got.range).toEqual({ start: range.start, end: Math.min(range.end ?? 99, 99) });
      const all = await drain(got.body);
      expect(Buffer.from(all).equals(bytes(100).subarray(range.start, (range.end ?? 99) + 1))).toBe(true);
      expect(meter.asked).toHaveLength(1);
      expect(meter.open).toBe(0);
      expect(meter.given).toBeLessThanOrEqual(most);
    },
  );

  test("is asked again when it breaks off, and what had come is skipped", async () => {
    let gets = 0;
    const broken = answering(async (source, { range: _unheeded, ...options }) => {
      const got = await memory.get(source, options);
      return ++gets < 3 ? { ...got, body: short(got.body, gets * 30) } : got;
    });
    const { store, meter } = metered(broken);
    const { body } = await download(store, at, { rangeSize: 20, retry: { baseDelay: 0 } });
    expect(Buffer.from(await drain(body)).equals(bytes(100))).toBe(true);
    expect(meter.asked.map(({ start }) => start)).toEqual([0, 24, 56]);
  });

  test("has no bytes behind its last", async () => {
    const refused = download(deaf(), at, { range: { start: 100 } });
    await expect(refused).rejects.toMatchObject({ code: "ERR_RANGE_BEYOND_END", start: 100, size: 100 });
  });

  test("only later is not believed: it would be read from its begin for each range", async () => {
    let gets = 0;
    const store = answering((source, { range, ...options }) =>
      memory.get(source, ++gets > 2 ? options : { ...options, range }),
    );
    const { body } = await download(store, at, { rangeSize: 20, window: 1 });
    await expect(drain(body)).rejects.toMatchObject({ code: "ERR_UNEXPECTED_RANGE" });
  });
});

const short = (body: ReadableStream<Uint8Array>, length: number) => {
  let left = length;
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        left -= chunk.length;
        if (left < 0) controller.terminate();
        else controller.enqueue(chunk);
      },
    }),
  );
};

describe("a range that the object does not have", () => {
  test("is an error that says how large the object is", async () => {
    const budget = new MemoryBudget(100);
    const refused = download(memory, at, { range: { start: 100, end: 110 }, budget });
    await expect(refused).rejects.toMatchObject({
      code: "ERR_RANGE_BEYOND_END",
      start: 100,
      size: 100,
      message: "the range begins at byte 100, but the object has 100 bytes",
      cause: { code: "InvalidRange" },
    });
    expect(budget.held).toBe(0);
  });

  test("is the same error without the size, if the store does not tell it", async () => {
    const store = answering(
      (source, options) => memory.get(source, options),
      () => Promise.reject(new StoreError("AccessDenied", "no")),
    );
    await expect(download(store, at, { range: { start: 100 } })).rejects.toMatchObject({
      code: "ERR_RANGE_BEYOND_END",
      size: undefined,
    });
  });

  test("of an empty object is one, too", async () => {
    await memory.put(at, new Uint8Array(0));
    await expect(download(memory, at, { range: { start: 0, end: 0 } })).rejects.toMatchObject({
      code: "ERR_RANGE_BEYOND_END",
      size: 0,
    });
  });
});

test("an object that is deleted half-way is an error that says so", async () => {
  const { etag, body } = await download(memory, at, { rangeSize: 20, window: 1 });
  const reader = body.getReader();
  await reader.read();
  await memory.delete(at);
  const rest = (async () => {
    while (!(await reader.read()).done);
  })();
  await expect(rest).rejects.toMatchObject({
    code: "ERR_OBJECT_CHANGED",
    how: "deleted",
    etag,
    offset: 20,
    cause: { code: "NoSuchKey" },
  });
});

describe("a store with versions", () => {
  /** Keeps what it had under the first version, whatever is put later. */
  const versioned = (mayAsk = true) => {
    const asked: (string | undefined)[] = [];
    const first = { ...at, key: "v1" };
    const from = async (source: ObjectSource) => {
      asked.push(source.versionId);
      if (source.versionId !== undefined && !mayAsk)
        throw new StoreError("AccessDenied", "no s3:GetObjectVersion");
      return source.versionId === "v1" ? first : at;
    };
    const store = answering(
      async (source, options) => ({ ...(await memory.get(await from(source), options)), versionId: "v1" }),
      async (source, options) => ({ ...(await memory.head(await from(source), options)), versionId: "v1" }),
    );
    return { store, asked, begin: () => memory.put(first, bytes(100)) };
  };

  test("is asked for the version that the first answer was of, so that the download outlives its replacement", async () => {
    const { store, asked, begin } = versioned();
    await begin();
    const { body } = await download(store, at, { rangeSize: 40, window: 1 });
    const reader = body.getReader();
    const parts = [(await reader.read()).value!];
    await memory.put(at, bytes(100, 9));
    for (let step = await reader.read(); !step.done; step = await reader.read()) parts.push(step.value);
    expect(Buffer.concat(parts).equals(bytes(100))).toBe(true);
    expect(asked).toEqual([undefined, "v1", "v1"]);
  });

  test("that lets nobody ask for versions is asked by the ETag alone", async () => {
    const { store, asked, begin } = versioned(false);
    await begin();
    const { body } = await download(store, at, { rangeSize: 40, window: 1 });
    expect(await drain(body)).toHaveLength(100);
    expect(asked).toEqual([undefined, "v1", undefined, undefined]);
  });

  test("is asked for no other version than the one that was named", async () => {
    const { store, asked, begin } = versioned(false);
    await begin();
    await expect(download(store, { ...at, versionId: "v1" })).rejects.toMatchObject({ code: "AccessDenied" });
    expect(asked).toEqual(["v1"]);
  });
});

test("whoever must own the bucket and the customer's key go with every request, the HEAD included", async () => {
  const seen: unknown[] = [];
  const note = <
    T extends { expectedBucketOwner?: string | undefined; customerKey?: Uint8Array | undefined },
  >({
    expectedBucketOwner,
    customerKey,
    ...rest
  }: T) => {
    seen.push([expectedBucketOwner, customerKey?.length]);
    return rest;
  };
  const value = Buffer.from(await digestOf("crc32c", bytes(100))).toString("base64");
  await memory.put(at, bytes(100), { checksum: { algorithm: "crc32c", value } });
  const store = answering(
    (source, options) => memory.get(source, note(options) as GetOptions),
    (source, options) => memory.head(source, note(options) as HeadOptions),
  );
  const access = { expectedBucketOwner: "111122223333", customerKey: new Uint8Array(32) };
  await drain((await download(store, at, { ...access, rangeSize: 50, integrity: "require" })).body);
  expect(seen).toEqual(Array.from({ length: 3 }, () => ["111122223333", 32]));
});
