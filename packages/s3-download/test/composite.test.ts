import {
  type ChecksumAlgorithm,
  fail,
  faulty,
  flipBit,
  type HeadOptions,
  hang,
  MemoryStore,
  type ObjectInfo,
  type ObjectSource,
  type ObjectStore,
  StoreError,
} from "@sluice/object-store";
import { download } from "@sluice/s3-download";
import { upload } from "@sluice/s3-upload";
import { MemoryBudget } from "@sluice/semaphore";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { at, bytes, drain } from "./metered.js";

let memory: MemoryStore;
beforeEach(() => {
  memory = new MemoryStore({ limits: { minPartSize: 0 } });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Puts an object of parts of these sizes, whose checksum is of the parts' checksums. */
async function putParts(sizes: readonly number[], checksumAlgorithm: ChecksumAlgorithm = "crc32c") {
  const target = await memory.createMultipart(at, { checksumAlgorithm });
  const content = bytes(sizes.reduce((sum, size) => sum + size, 0));
  const parts = [];
  let start = 0;
  for (const [i, size] of sizes.entries()) {
    parts.push(await memory.putPart(target, i + 1, content.subarray(start, start + size)));
    start += size;
  }
  await memory.completeMultipart(target, parts);
  return Buffer.from(content);
}

type Head = ObjectStore["head"];
const withHead = (head: (inner: Head) => Head): ObjectStore =>
  new Proxy<ObjectStore>(memory, {
    get: (target, name) => {
      if (name === "head") return head((...args) => target.head(...args));
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });

/** What the store answers to a HEAD, changed. */
const telling = (change: (info: ObjectInfo, partNumber: number | undefined) => ObjectInfo) =>
  withHead((inner) => async (source, options) => change(await inner(source, options), options?.partNumber));

const required = { integrity: "require", rangeSize: 10 } as const;

/** How many bytes came before the body failed with this code. */
async function cameBefore(code: string, store: ObjectStore, options = {}): Promise<number> {
  const budget = new MemoryBudget(1_000);
  let came = 0;
  const { body } = await download(store, at, { ...required, budget, ...options });
  const read = drain(body, (chunk) => {
    came += chunk.length;
  });
  await expect(read).rejects.toMatchObject({ code });
  expect(budget.held).toBe(0);
  return came;
}

describe("an object whose checksum is one of the parts' checksums", () => {
  test("comes whole whatever the sizes of its parts, and without its parts' checksums too (D1, D6)", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 12 }),
        fc.constantFrom<ChecksumAlgorithm>("crc32", "crc32c", "sha1", "sha256"),
        fc.record({ rangeSize: fc.integer({ min: 1, max: 40 }), window: fc.integer({ min: 1, max: 5 }) }),
        fc.boolean(),
        async (sizes, algorithm, options, told) => {
          const content = await putParts(sizes, algorithm);
          const store = telling((info) => (told ? info : { ...info, part: withoutChecksum(info) }));
          const { body } = await download(store, at, { ...options, integrity: "require" });
          expect(await drain(body)).toEqual(content);
        },
      ),
    ));

  test("with a flipped bit anywhere fails before the last byte of that part (D6)", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 8 }),
        fc.nat(),
        async (sizes, anywhere) => {
          const content = await putParts(sizes);
          const flipped = anywhere % content.length;
          const flip = flipBit("get", flipped % 10, Math.floor(flipped / 10) + 1);
          const came = await cameBefore("ERR_INTEGRITY", faulty(memory, [flip]));
          let end = 0;
          for (const size of sizes) if (end <= flipped) end += size;
          expect(came).toBeLessThan(end);
        },
      ),
    ));

  test("with a flipped bit fails before its end, where the parts' own checksums are not known (D6)", async () => {
    await putParts([25, 7, 25]);
    const bare = telling((info) => ({ ...info, part: withoutChecksum(info) }));
    const came = await cameBefore("ERR_INTEGRITY", faulty(bare, [flipBit("get", 3)]));
    expect(came).toBeGreaterThan(25);
    expect(came).toBeLessThan(57);
  });

  test("in one part is compared without asking for anything, if its checksum has come with it", async () => {
    await putParts([9]);
    const store = faulty(memory, [flipBit("get", 3, 2)]);
    const { body } = await download(store, at);
    expect(await drain(body)).toHaveLength(9);
    expect(await cameBefore("ERR_INTEGRITY", store, { integrity: "if-present" })).toBe(0);
    expect(store.calls.map(({ method }) => method)).toEqual(["get", "get"]);
  });

  test("in several is not compared unless it is required: that would cost requests", async () => {
    await putParts([4, 5]);
    const store = faulty(memory, []);
    await drain((await download(store, at)).body);
    expect(store.calls.map(({ method }) => method)).toEqual(["get"]);
  });

  test("takes one HEAD for each part but the last, the first at once, and four ahead of the reader", async () => {
    await putParts(Array.from({ length: 12 }, () => 10));
    const store = faulty(memory, []);
    const heads = () => store.calls.filter(({ method }) => method === "head").map(numberOf);
    const { body } = await download(store, at, { ...required, window: 1 });
    // The first one is for the object's checksum, which did not come with the first range.
    expect(heads()).toEqual([undefined, 1]);
    const reader = body.getReader();
    const first = await reader.read();
    expect(first.value).toHaveLength(10);
    expect(heads()).toEqual([undefined, 1, 2, 3, 4]);
    await reader.read();
    expect(heads()).toEqual([undefined, 1, 2, 3, 4, 5]);
    while (!(await reader.read()).done);
    expect(heads()).toHaveLength(12);
  });

  test("of a store that does not tell its parts cannot be required to be compared", async () => {
    await putParts([4, 5]);
    const silent = telling(({ part: _part, ...info }) => info);
    const budget = new MemoryBudget(100);
    const options = { ...required, budget };
    await expect(download(silent, at, options)).rejects.toMatchObject({ code: "ERR_INTEGRITY" });
    expect(budget.held).toBe(0);
    expect(await drain((await download(silent, at, { budget })).body)).toHaveLength(9);
  });

  test("of which it is not known of how many parts it is cannot be required to be compared", async () => {
    await putParts([4, 5]);
    const bare = telling((info) => ({
      ...info,
      checksum: info.checksum && { ...info.checksum, value: "NhCmhg==" },
    }));
    await expect(download(bare, at, { ...required, rangeSize: 5 })).rejects.toMatchObject({
      code: "ERR_INTEGRITY",
    });
  });

  test.each<[string, (info: ObjectInfo, partNumber: number | undefined) => ObjectInfo]>([
    ["begins elsewhere", (info, n) => moved(info, n === 2 ? 1 : 0, 0)],
    ["reaches beyond its end", (info, n) => moved(info, 0, n === 3 ? 100 : 0)],
    ["ends before it begins", (info, n) => moved(info, 0, n === 2 ? -30 : 0)],
  ])("is refused when one of its parts is said to be one that %s", async (_what, change) => {
    await putParts([10, 20, 30, 40]);
    expect(await cameBefore("ERR_INTEGRITY", telling(change), { window: 1 })).toBeLessThan(100);
  });

  test.each<[string, (info: ObjectInfo, partNumber: number | undefined) => ObjectInfo]>([
    [
      "more parts than its checksum is of",
      (info, n) => (n === undefined ? info : { ...info, partsCount: 5 }),
    ],
    [
      "one part, as if it had been put in one piece",
      (info, n) =>
        n === undefined ? info : { ...info, partsCount: undefined, part: { range: { start: 0, end: 99 } } },
    ],
  ])("cannot be required to be compared when it is said to have %s", async (_what, change) => {
    await putParts([10, 20, 30, 40]);
    await expect(download(telling(change), at, required)).rejects.toMatchObject({ code: "ERR_INTEGRITY" });
  });

  test("asks for a part again when the store asks for that (D3)", async () => {
    const content = await putParts([10, 20, 30]);
    const busy = () => new StoreError("SlowDown", "later", { retryable: true });
    const store = faulty(memory, [fail("head", busy, 2), fail("head", busy, 4)]);
    const { body } = await download(store, at, { ...required, retry: { baseDelay: 0 } });
    expect(await drain(body)).toEqual(content);
  });

  test("asks for a part again when the store says nothing for the idle time (D8)", async () => {
    vi.useFakeTimers();
    const content = await putParts([10, 20, 30]);
    const store = faulty(memory, [hang("head", 3)]);
    const { body } = await download(store, at, {
      ...required,
      idleTimeout: 5_000,
      retry: { baseDelay: 0 },
    });
    const all = drain(body);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(store.calls.filter(({ method }) => method === "head")).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(await all).toEqual(content);
  });

  test("that is replaced while its parts are asked for fails as such (D4)", async () => {
    await putParts([10, 20, 30]);
    const replaced = telling((info, n) => (n === 2 ? { ...info, etag: '"other"' } : info));
    await cameBefore("ERR_OBJECT_CHANGED", replaced);
    const refused = withHead((inner) => async (source, options) => {
      if (options?.partNumber === 2) throw new StoreError("PreconditionFailed", "it is another one");
      return inner(source, options);
    });
    await cameBefore("ERR_OBJECT_CHANGED", refused);
  });

  test("that is cancelled stops asking for parts, and nobody hears of them any more (D5)", async () => {
    await putParts(Array.from({ length: 9 }, () => 10));
    const stopped: unknown[] = [];
    const asleep = withHead((inner) => (source: ObjectSource, options: HeadOptions = {}) => {
      if ((options.partNumber ?? 0) < 2) return inner(source, options);
      return new Promise((_resolve, reject) => {
        options.signal?.addEventListener("abort", () => {
          stopped.push(options.partNumber);
          reject(options.signal?.reason);
        });
      });
    });
    const budget = new MemoryBudget(100);
    const reader = (await download(asleep, at, { ...required, budget })).body.getReader();
    expect((await reader.read()).value).toHaveLength(10);
    const next = reader.read();
    await reader.cancel("enough");
    expect(await next).toMatchObject({ done: true });
    expect(stopped).toEqual([2, 3, 4]);
    expect(budget.held).toBe(0);
  });

  test.each(["crc32", "crc32c", "sha1", "sha256"] as const)(
    "comes back as it was uploaded in parts that grow, by %s",
    async (integrity) => {
      const store = new MemoryStore({ limits: { minPartSize: 100, maxParts: 40 } });
      const content = bytes(9_999);
      const source = (async function* () {
        for (let i = 0; i < content.length; i += 77) yield content.subarray(i, i + 77);
      })();
      const options = { partSize: 100, slots: 16, growth: "double", checksumType: "composite" } as const;
      const done = await upload(store, at, source, { ...options, integrity });
      expect(done.checksum).toMatchObject({ type: "composite" });
      const [first, second] = [
        await store.head(at, { partNumber: 1 }),
        await store.head(at, { partNumber: 6 }),
      ];
      expect([first.part?.range, second.part?.range]).toEqual([
        { start: 0, end: 99 },
        { start: 600, end: 799 },
      ]);
      const { body } = await download(store, at, { integrity: "require", rangeSize: 500 });
      expect(await drain(body)).toEqual(Buffer.from(content));
      const damaged = faulty(store, [flipBit("get", 7, 19)]);
      expect(await cameBefore("ERR_INTEGRITY", damaged, { rangeSize: 500 })).toBeLessThan(9_999);
    },
  );
});

const numberOf = ({ args }: { readonly args: readonly unknown[] }) =>
  (args[1] as HeadOptions | undefined)?.partNumber;

const withoutChecksum = ({ part }: ObjectInfo) => part && { ...part, checksum: undefined };

const moved = (info: ObjectInfo, start: number, end: number): ObjectInfo =>
  info.part === undefined
    ? info
    : {
        ...info,
        part: {
          ...info.part,
          range: { start: info.part.range.start + start, end: info.part.range.end + end },
        },
      };
