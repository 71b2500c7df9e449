import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestOf, MemoryStore, type ShelfStore, type ShelfStoreOptions } from "@sluice/object-store";
import { DirectoryStore } from "@sluice/object-store/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const bytes = (text: string) => new TextEncoder().encode(text);
const k = { bucket: "box", key: "k" };
let root = "";

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "sluice-tags-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

let count = 0;
const MODIFIED = new Date("2026-01-02T03:04:05.678Z");
const options: ShelfStoreOptions = { limits: { minPartSize: 4 }, now: () => MODIFIED };
const directory = () => join(root, String(count++));
const kinds: readonly (readonly [string, () => ShelfStore])[] = [
  ["MemoryStore", () => new MemoryStore(options)],
  ["DirectoryStore", () => new DirectoryStore(directory(), { ...options, sync: false })],
];

describe.each(kinds)("%s", (_name, make) => {
  const text = async (store: ShelfStore, range?: { start: number; end: number }) =>
    new Response((await store.get(k, { range })).body).text();

  async function twoParts(store: ShelfStore, tags?: Record<string, string>) {
    const upload = await store.createMultipart(k, { checksumAlgorithm: "crc32", tags });
    const parts = [
      await store.putPart(upload, 1, bytes("first")),
      await store.putPart(upload, 2, bytes("second")),
    ];
    return { upload, parts };
  }

  it("changes the tags of an object, and neither its bytes nor what else is known of it", async () => {
    const store = make();
    const metadata = { color: "red" };
    await store.put(k, bytes("0123456789"), { metadata, tags: { a: "1" }, checksumAlgorithm: "sha256" });
    const before = await store.head(k);
    expect(await store.tags.get(k)).toEqual({ a: "1" });
    await store.tags.put(k, { b: "2", c: "" });
    await store.tags.put(k, { b: "3" });
    expect(await store.tags.get(k)).toEqual({ b: "3" });
    expect(await store.head(k)).toEqual({ ...before, tags: { b: "3" } });
    expect((await store.head(k, { partNumber: 1 })).part?.checksum).toEqual(before.checksum);
    expect(await text(store)).toBe("0123456789");
    expect(await text(store, { start: 3, end: 5 })).toBe("345");
    await store.tags.delete(k);
    expect(await store.tags.get(k)).toEqual({});
    expect((await store.list("box")).objects).toMatchObject([{ key: "k", etag: before.etag }]);
    await store.put(k, bytes("new"));
    expect(await text(store)).toBe("new");
  });

  it("gives an object made of parts the tags that its upload was begun with, and changes them", async () => {
    const store = make();
    const { upload, parts } = await twoParts(store, { a: "1" });
    await store.completeMultipart(upload, parts);
    expect(await store.tags.get(k)).toEqual({ a: "1" });
    const before = await store.head(k);
    await store.tags.put(k, { b: "2" });
    expect(await store.head(k)).toEqual({ ...before, tags: { b: "2" } });
    expect(await store.head(k, { partNumber: 2 })).toMatchObject({
      partsCount: 2,
      part: { range: { start: 5 } },
    });
    expect(await text(store)).toBe("firstsecond");
  });

  it("reads on in an object whose tags are changed meanwhile", async () => {
    const store = make();
    await store.put(k, bytes("0123456789"));
    const { body } = await store.get(k);
    await store.tags.put(k, { a: "1" });
    await store.delete(k);
    expect(await new Response(body).text()).toBe("0123456789");
  });

  it("refuses tags that S3 does not take, and those of objects that are not there", async () => {
    const store = make();
    await store.put(k, bytes("x"));
    const eleven = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`t${i}`, ""]));
    await expect(store.tags.put(k, eleven)).rejects.toMatchObject({ code: "BadRequest" });
    for (const tags of [{ "": "x" }, { ["n".repeat(129)]: "" }, { n: "v".repeat(257) }]) {
      await expect(store.tags.put(k, tags)).rejects.toMatchObject({ code: "InvalidTag" });
      await expect(store.copy(k, { ...k, key: "l" }, { tags })).rejects.toMatchObject({ code: "InvalidTag" });
    }
    for (const absent of [
      { ...k, key: "none" },
      { ...k, bucket: "none" },
    ]) {
      const code = absent.bucket === "none" ? "NoSuchBucket" : "NoSuchKey";
      await expect(store.tags.get(absent)).rejects.toMatchObject({ code });
      await expect(store.tags.put(absent, {})).rejects.toMatchObject({ code });
      await expect(store.tags.delete(absent)).rejects.toMatchObject({ code });
    }
    await expect(store.tags.get({ ...k, versionId: "1" })).rejects.toMatchObject({ code: "NoSuchVersion" });
    expect(await store.tags.get({ ...k, versionId: "null" })).toEqual({});
  });

  it("copies tags, or sets others in their place, and puts a copy into the storage class that is asked for", async () => {
    const store = make();
    await store.put(k, bytes("x"), { tags: { a: "1" }, metadata: { m: "1" }, storageClass: "STANDARD_IA" });
    const to = (key: string) => ({ bucket: "box", key });
    await store.copy(k, to("same"));
    await store.copy(k, to("other"), { tags: { b: "2" }, storageClass: "ONEZONE_IA" });
    await store.copy(k, to("none"), { tags: {}, replaceHeaders: true });
    await store.copy(k, k, { storageClass: "ONEZONE_IA" });
    expect(await store.head(to("same"))).toMatchObject({ tags: { a: "1" }, metadata: { m: "1" } });
    expect(await store.head(to("other"))).toMatchObject({ tags: { b: "2" }, metadata: { m: "1" } });
    expect(await store.head(to("none"))).not.toMatchObject({ metadata: { m: "1" } });
    expect(await store.tags.get(to("none"))).toEqual({});
    const { objects } = await store.list("box");
    expect(objects.map(({ key, storageClass }) => [key, storageClass])).toEqual([
      ["k", "ONEZONE_IA"],
      ["none", undefined],
      ["other", "ONEZONE_IA"],
      ["same", undefined],
    ]);
  });

  it("computes and keeps a checksum that the body did not bring along", async () => {
    const store = make();
    const value = btoa(String.fromCharCode(...(await digestOf("sha1", bytes("hello")))));
    const checksum = { algorithm: "sha1", value, type: "full-object" };
    const body = { stream: new Blob(["hello"]).stream(), length: 5 };
    expect(await store.put(k, body, { checksumAlgorithm: "sha1" })).toMatchObject({ checksum });
    expect((await store.head(k)).checksum).toEqual(checksum);
    expect(await store.copy(k, { ...k, key: "l" }, { checksumAlgorithm: "crc32" })).toMatchObject({
      checksum: { algorithm: "crc32" },
    });
    const upload = await store.createMultipart(k, { checksumAlgorithm: "crc32" });
    const other = store.putPart(upload, 1, bytes("hello"), { checksumAlgorithm: "sha1" });
    await expect(other).rejects.toMatchObject({ code: "InvalidRequest" });
  });

  it("completes only with the kind of checksum that the upload was begun for, and with one of each part", async () => {
    const store = make();
    const { upload, parts } = await twoParts(store);
    expect(await store.listParts(upload)).toMatchObject({
      checksumAlgorithm: "crc32",
      checksumType: "composite",
    });
    const complete = (named: typeof parts, checksumType?: "full-object" | "composite") =>
      store.completeMultipart(upload, named, { checksumType });
    await expect(complete(parts, "full-object")).rejects.toMatchObject({ code: "BadDigest" });
    const bare = parts.map(({ partNumber, etag }) => ({ partNumber, etag }));
    await expect(complete(bare)).rejects.toMatchObject({ code: "InvalidRequest" });
    await expect(complete([parts[1]!])).rejects.toMatchObject({ code: "InvalidPartOrder" });
    expect(await complete(parts, "composite")).toMatchObject({ checksum: { type: "composite" } });
  });

  const earlier = new Date("2026-01-02T03:04:04Z");
  const same = new Date("2026-01-02T03:04:05Z");
  const reads = [
    [{ ifModifiedSince: earlier }, undefined],
    [{ ifModifiedSince: same }, "NotModified"],
    [{ ifUnmodifiedSince: same }, undefined],
    [{ ifUnmodifiedSince: earlier }, "PreconditionFailed"],
    [{ ifMatch: '"x", ETAG', ifUnmodifiedSince: earlier }, undefined],
    [{ ifMatch: '"x"', ifUnmodifiedSince: same }, "PreconditionFailed"],
    [{ ifMatch: "*" }, undefined],
    [{ ifNoneMatch: '"x", W/ETAG' }, "NotModified"],
    [{ ifNoneMatch: "*" }, "NotModified"],
    [{ ifNoneMatch: '"x"', ifModifiedSince: same }, undefined],
    [{ ifNoneMatch: "ETAG", ifModifiedSince: earlier }, "NotModified"],
    [{ ifNoneMatch: "ETAG", ifUnmodifiedSince: earlier }, "PreconditionFailed"],
    [{ ifMatch: '"x"', ifNoneMatch: "ETAG" }, "PreconditionFailed"],
    [{ ifMatch: "ETAG", ifNoneMatch: "ETAG" }, "NotModified"],
  ] as const;

  it.each(reads)("a read if %o is answered with %s, and a copy likewise", async (given, code) => {
    const store = make();
    const { etag } = await store.put(k, bytes("x"));
    const conditions: Record<string, string | Date> = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [
        name,
        typeof value === "string" ? value.replace("ETAG", etag) : value,
      ]),
    );
    const source = Object.fromEntries(
      Object.entries(conditions).map(([name, value]) => [
        `source${name[0]!.toUpperCase()}${name.slice(1)}`,
        value,
      ]),
    );
    const upload = await store.createMultipart(k);
    if (code === undefined) {
      expect(await store.head(k, conditions)).toMatchObject({ etag });
      await store.copy(k, { ...k, key: "copy" }, source);
      await store.copyPart(upload, 1, k, source);
      return;
    }
    const unmodified = code === "NotModified" ? { etag, lastModified: MODIFIED } : undefined;
    await expect(store.get(k, conditions)).rejects.toMatchObject({ code, unmodified });
    await expect(store.copy(k, { ...k, key: "copy" }, source)).rejects.toMatchObject({ status: 412 });
    await expect(store.copyPart(upload, 1, k, source)).rejects.toMatchObject({ code: "PreconditionFailed" });
  });

  it("deletes only what has the ETag that it was told", async () => {
    const store = make();
    const { etag } = await store.put(k, bytes("x"));
    await expect(store.delete(k, { ifMatch: '"x"' })).rejects.toMatchObject({ code: "PreconditionFailed" });
    await store.delete(k, { ifMatch: etag });
    await expect(store.delete(k, { ifMatch: "*" })).rejects.toMatchObject({ code: "NoSuchKey" });
    await store.delete(k);
  });

  it("says of an object that is deleted while it is being replaced that there was a conflict", async () => {
    const store = make();
    const { etag } = await store.put(k, bytes("x"));
    const source: UnderlyingDefaultSource<Uint8Array> = {
      async pull(controller) {
        await store.delete(k);
        controller.enqueue(bytes("y"));
        controller.close();
      },
    };
    const stream = new ReadableStream(source, { highWaterMark: 0 });
    const put = store.put(k, { stream, length: 1 }, { ifMatch: etag });
    await expect(put).rejects.toMatchObject({ code: "ConditionalRequestConflict", status: 409 });
    await expect(store.put(k, bytes("y"), { ifMatch: etag })).rejects.toMatchObject({ code: "NoSuchKey" });
  });

  it("lists uploads rolled up by a delimiter, from a key on, in pages", async () => {
    const store = make();
    for (const key of ["a", "d/1", "d/2", "d/2", "e"]) await store.createMultipart({ bucket: "box", key });
    const seen = async (startAfter?: string) => {
      const found: string[] = [];
      for (let continuation: string | undefined; ; ) {
        const page = await store.listMultiparts("box", {
          delimiter: "/",
          startAfter,
          continuation,
          limit: 1,
        });
        found.push(...page.uploads.map(({ key }) => key), ...(page.commonPrefixes ?? []));
        continuation = page.next;
        if (continuation === undefined) return found;
      }
    };
    expect(await seen()).toEqual(["a", "d/", "e"]);
    expect(await seen("a")).toEqual(["d/", "e"]);
    expect(await seen("d/")).toEqual(["e"]);
    expect(await seen("d/1")).toEqual(["d/", "e"]);
  });
});

it("tags are there when a directory is opened again, and leave nothing behind when the object goes", async () => {
  const path = directory();
  const first = await DirectoryStore.open(path, options);
  await first.put(k, bytes("0123456789"), { metadata: { m: "1" } });
  await first.tags.put(k, { a: "1" });
  await first.tags.put(k, { a: "2" });
  const second = await DirectoryStore.open(path, options);
  expect(await second.head(k)).toMatchObject({ tags: { a: "2" }, metadata: { m: "1" }, size: 10 });
  expect(await new Response((await second.get(k)).body).text()).toBe("0123456789");
  expect(await readdir(join(path, "buckets/box/parts"))).toHaveLength(1);
  await second.put(k, bytes("new"));
  expect(await readdir(join(path, "buckets/box/parts"))).toEqual([]);
  expect(await readdir(join(path, "pending"))).toEqual([]);
});
