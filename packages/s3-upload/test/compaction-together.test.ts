import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CompleteOptions,
  digestOf,
  fail,
  faulty,
  MemoryStore,
  type ObjectStore,
  type PartInfo,
  RetryBudget,
  StoreError,
} from "@sluice/object-store";
import { type UploadEvent, type UploadOptions, upload } from "@sluice/s3-upload";
import { uploadFile } from "@sluice/s3-upload/node";
import { Semaphore } from "@sluice/semaphore";
import { describe, expect, test } from "vitest";
import { bytesOf, cut, TARGET } from "./worlds.js";

const AT_ONCE = { baseDelay: 0, random: () => 0 };
const SHAPES = { blocks: 16, "blocks of blocks": 64 };
const shapes = Object.keys(SHAPES) as (keyof typeof SHAPES)[];

function world(maxPartSize = 16, faults: Parameters<typeof faulty>[1] = []) {
  const limits = { minPartSize: 4, maxPartSize, maxPutSize: maxPartSize, maxParts: 4 };
  const memory = new MemoryStore({ limits });
  const store = faulty(memory, faults);
  return {
    memory,
    store,
    argsOf: (method: string) => store.calls.filter((call) => call.method === method).map(({ args }) => args),
    async object() {
      const { body } = await memory.get(TARGET);
      return new Uint8Array(await new Response(body).arrayBuffer());
    },
    async left() {
      const { objects } = await memory.list(TARGET.bucket);
      const { uploads } = await memory.listMultiparts(TARGET.bucket);
      return [...objects.map(({ key }) => key).filter((key) => key !== TARGET.key), ...uploads];
    },
  };
}

const compacted = (store: ObjectStore, bytes: Uint8Array, options: UploadOptions = {}) =>
  upload(store, TARGET, cut(bytes, [7]), { partSize: 4, compaction: true, retry: AT_ONCE, ...options });

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");

describe("compaction together with", () => {
  test.each([
    ["parts that grow", { growth: "double" }],
    ["a token to resume by", { resume: { ...TARGET, uploadId: "u" } }],
    ["checkpoints", { onCheckpoint: () => {} }],
  ])("%s is refused before any request", async (_what, options) => {
    const { store } = world();
    await expect(compacted(store, bytesOf(20), options as UploadOptions)).rejects.toBeInstanceOf(Error);
    expect(store.calls).toEqual([]);
  });

  const crcs = (["crc32", "crc32c", "crc64nvme"] as const).flatMap((integrity) =>
    shapes.map((shape) => [integrity, shape] as const),
  );
  test.each(crcs)("%s announces that of all bytes, through %s", async (integrity, shape) => {
    const { store, argsOf, object } = world(SHAPES[shape]);
    const bytes = bytesOf(61);
    const { checksum } = await compacted(store, bytes, { integrity });
    const value = base64(await digestOf(integrity, bytes));
    expect(checksum).toMatchObject({ algorithm: integrity, value, type: "full-object" });
    const options = argsOf("completeMultipart").map((args) => args[2] as CompleteOptions);
    expect(options.at(-1)).toMatchObject({ checksum: { value }, size: 61 });
    for (const one of options) expect(one).toMatchObject({ checksum: { algorithm: integrity } });
    expect(await object()).toEqual(bytes);
  });

  const others = (["sha1", "sha256", "md5", "none"] as const).flatMap((integrity) =>
    shapes.map((shape) => [integrity, shape] as const),
  );
  test.each(others)("%s announces the size alone, through %s", async (integrity, shape) => {
    const { store, argsOf, object } = world(SHAPES[shape]);
    const bytes = bytesOf(61);
    await compacted(store, bytes, { integrity });
    for (const [target, , options] of argsOf("completeMultipart")) {
      expect((options as CompleteOptions).checksum).toBeUndefined();
      if ((target as { key: string }).key === TARGET.key) expect(options).toMatchObject({ size: 61 });
    }
    expect(await object()).toEqual(bytes);
  });

  test("md5 believes the ETag of an object with copied parts, whatever it is made of", async () => {
    const { store, object } = world();
    const strange: ObjectStore = {
      ...store,
      limits: store.limits,
      completeMultipart: async (to, parts, options) => {
        const result = await store.completeMultipart(to, parts, options);
        return to.key === TARGET.key ? { ...result, etag: `"${"0".repeat(32)}-9"` } : result;
      },
    };
    const { etag } = await compacted(strange, bytesOf(61), { integrity: "md5" });
    expect(etag).toBe(`"${"0".repeat(32)}-9"`);
    expect(await object()).toEqual(bytesOf(61));
  });

  const damaging = (store: ObjectStore, times: number): ObjectStore => ({
    ...store,
    limits: store.limits,
    copyPart: async (to, number, from, options): Promise<PartInfo> => {
      const part = await store.copyPart(to, number, from, options);
      return times-- > 0 ? { ...part, checksum: { algorithm: "crc32", value: "AAAAAA==" } } : part;
    },
  });

  test("answers that are compared copies once more what the store has copied wrongly", async () => {
    const { store, object, left } = world();
    const events: UploadEvent[] = [];
    const onEvent = (event: UploadEvent) => void events.push(event);
    await compacted(damaging(store, 1), bytesOf(61), { slots: 1, onEvent });
    expect(events.filter(({ type }) => type === "retry")).toMatchObject([
      { request: "copyPart", attempt: 1, code: "ERR_INTEGRITY_MISMATCH" },
    ]);
    expect(await object()).toEqual(bytesOf(61));
    await expect(compacted(damaging(store, 99), bytesOf(61))).rejects.toMatchObject({
      code: "ERR_INTEGRITY_MISMATCH",
      published: false,
    });
    expect(await left()).toEqual([]);
  });

  test("events tells of each part by its number in the body", async () => {
    const { store } = world(16, [fail("putPart", () => new StoreError("SlowDown", "later"), 7)]);
    const events: UploadEvent[] = [];
    await compacted(store, bytesOf(61), { slots: 1, onEvent: (event) => void events.push(event) });
    const parts = events.flatMap((event) => (event.type === "part" ? [event.partNumber] : []));
    expect(parts).toEqual(Array.from({ length: 16 }, (_, i) => i + 1));
    expect(events.filter(({ type }) => type === "retry")).toMatchObject([{ partNumber: 7 }]);
    expect(events.filter(({ type }) => type === "begun")).toHaveLength(1);
  });

  test("a retry budget gives up when that is spent, and clears up all the same", async () => {
    const { store, argsOf, left } = world(16, [
      fail(
        "copyPart",
        () => new StoreError("NetworkError", "reset"),
        () => true,
      ),
      fail(["delete", "abortMultipart"], () => new StoreError("NetworkError", "reset"), 1),
    ]);
    const budget = new RetryBudget({ tokens: 10 });
    const running = compacted(store, bytesOf(61), { slots: 1, retry: { ...AT_ONCE, budget } });
    await expect(running).rejects.toMatchObject({ code: "NetworkError" });
    expect(argsOf("copyPart")).toHaveLength(3);
    expect(await left()).toEqual([]);
  });

  test("slots that adapt lets them learn from every request", async () => {
    const { store } = world();
    let observed = 0;
    class Adaptive extends Semaphore {
      observe<R>(task: () => Promise<R>): Promise<R> {
        observed++;
        return task();
      }
    }
    await compacted(store, bytesOf(61), { slots: new Adaptive(2) });
    expect(observed).toBe(store.calls.length);
  });

  test("what surrounds the object gives blocks only what protects their bytes", async () => {
    const { memory, store } = world();
    const asked: { readonly method: string; readonly key: string; readonly options: object }[] = [];
    // As a store that knows keys and owners.
    const knowing = new Proxy(store, {
      get(_, method: "createMultipart") {
        const member = memory[method] as unknown;
        if (typeof member !== "function") return member;
        return (...args: unknown[]) => {
          const options = args.at(-1) as object;
          asked.push({ method, key: (args[0] as { key: string }).key, options });
          const plain = { ...options, customerKey: undefined, encryption: undefined };
          return (member as (...all: unknown[]) => unknown).call(memory, ...args.slice(0, -1), plain);
        };
      },
    });
    const customerKey = new Uint8Array(32);
    await compacted(knowing, bytesOf(61), {
      customerKey,
      expectedBucketOwner: "1",
      encryption: { type: "aws:kms" },
      contentType: "text/plain",
      metadata: { a: "b" },
      tags: { a: "b" },
      storageClass: "STANDARD_IA",
      acl: "private",
    });
    for (const { options } of asked) expect(options).toMatchObject({ expectedBucketOwner: "1" });
    const bytesIn = /^(createMultipart|putPart|copyPart|completeMultipart)$/;
    for (const { method, options } of asked) {
      if (bytesIn.test(method)) expect(options).toMatchObject({ customerKey });
      if (method === "copyPart") expect(options).toMatchObject({ sourceCustomerKey: customerKey });
    }
    const begun = asked.filter(({ method, key }) => method === "createMultipart" && key !== TARGET.key);
    expect(begun.length).toBeGreaterThan(2);
    for (const { options } of begun) {
      expect(options).toMatchObject({ encryption: { type: "aws:kms" }, checksumAlgorithm: "crc32" });
      for (const name of ["contentType", "metadata", "tags", "storageClass", "acl"] as const) {
        expect(Reflect.get(options, name)).toBeUndefined();
      }
    }
  });

  test("a file that is read by all slots makes the same object", async () => {
    const directory = await mkdtemp(join(tmpdir(), "sluice-compaction-"));
    try {
      const path = join(directory, "file");
      for (const size of [61, 16, 12, 4, 1]) {
        const { store, object, left } = world();
        await writeFile(path, bytesOf(size));
        const options = { partSize: 4, compaction: true, retry: AT_ONCE };
        const result = await uploadFile(store, TARGET, path, options);
        expect(result).toMatchObject({ size, parts: Math.ceil(size / 4) });
        expect(await object()).toEqual(bytesOf(size));
        expect(await left()).toEqual([]);
      }
      await writeFile(path, bytesOf(65));
      await expect(
        uploadFile(world().store, TARGET, path, { partSize: 4, compaction: true }),
      ).rejects.toMatchObject({ code: "ERR_OBJECT_TOO_LARGE", maxBytes: 64 });
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
