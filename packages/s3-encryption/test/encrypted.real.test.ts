import { createHash, randomUUID } from "node:crypto";
import { env } from "node:process";
import type { ObjectStore } from "@sluice/object-store";
import { encryptedStore } from "@sluice/s3-encryption";
import { type FetchStoreOptions, fetchStore } from "@sluice/s3-fetch";
import { nodeStore } from "@sluice/s3-fetch/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keysWith } from "./keys.js";

const needed = (name: string): string => {
  const value = env[name];
  if (!value) throw new Error(`${name} must be set: these tests need a real S3 server`);
  return value;
};

const MiB = 2 ** 20;
const bucket = `sluice-${randomUUID()}`;
const bytesOf = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 37 + (i >> 8)) & 0xff);
const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

async function read(store: ObjectStore, key: string, options = {}): Promise<string> {
  const { body } = await store.get({ bucket, key }, options);
  return digest(new Uint8Array(await new Response(body).arrayBuffer()));
}

describe.each([
  ["nodeStore", nodeStore],
  ["fetchStore", fetchStore],
] as const)("over %s", (name, connect: (options: FetchStoreOptions) => ObjectStore) => {
  let upstream: ObjectStore;
  let store: ObjectStore;
  const keys: string[] = [];
  const keyOf = (one: string) => {
    keys.push(`${name}/${one}`);
    return keys.at(-1)!;
  };

  beforeAll(async () => {
    upstream = connect({
      endpoint: needed("SLUICE_S3_ENDPOINT"),
      region: needed("AWS_REGION"),
      credentials: {
        accessKeyId: needed("AWS_ACCESS_KEY_ID"),
        secretAccessKey: needed("AWS_SECRET_ACCESS_KEY"),
      },
    });
    store = encryptedStore(upstream, { keys: keysWith("k1") });
    await store.buckets!.create(bucket).catch((error: { code?: unknown }) => {
      if (error.code !== "BucketAlreadyOwnedByYou") throw error;
    });
  });
  afterAll(async () => {
    await store.deleteMany(bucket, keys);
    if (name === "fetchStore") await store.buckets!.delete(bucket);
  });

  test("an object in one piece comes back whole, in ranges, and under another key when it is copied", async () => {
    const key = keyOf("put");
    const bytes = bytesOf(2 * MiB + 77);
    const stream = new Blob([bytes]).stream();
    const md5 = createHash("md5").update(bytes).digest("base64");
    const { etag } = await store.put(
      { bucket, key },
      { stream, length: bytes.length },
      { contentMd5: md5, metadata: { a: "b" }, contentType: "text/x-real" },
    );
    expect(await read(store, key)).toBe(digest(bytes));
    const range = { start: MiB - 5, end: MiB + 5 };
    expect(await read(store, key, { range, ifMatch: etag })).toBe(digest(bytes.subarray(MiB - 5, MiB + 6)));
    const { objects } = await store.list(bucket, { prefix: key });
    expect(objects).toMatchObject([{ key, size: bytes.length, etag }]);

    const rotated = encryptedStore(upstream, { keys: keysWith("k2") });
    await rotated.copy({ bucket, key }, { bucket, key });
    const only = encryptedStore(upstream, { keys: keysWith("k2", ["k2"]) });
    expect(await read(only, key)).toBe(digest(bytes));
    const info = await only.head({ bucket, key });
    expect([info.size, info.contentType, info.metadata]).toEqual([bytes.length, "text/x-real", { a: "b" }]);
  });

  test("a wrong digest publishes nothing", async () => {
    const key = keyOf("wrong");
    const md5 = createHash("md5").update("something else").digest("base64");
    const body = { stream: new Blob([bytesOf(MiB + 1)]).stream(), length: MiB + 1 };
    const putting = store.put({ bucket, key }, body, { contentMd5: md5 });
    await expect(putting).rejects.toMatchObject({ code: "BadDigest" });
    await expect(upstream.head({ bucket, key })).rejects.toMatchObject({ code: "NoSuchKey" });
  });

  test.each([
    ["whole frames", 5 * MiB],
    ["a short part", 1234],
  ])("an upload that ends with %s comes back whole and in ranges", async (_, last) => {
    const key = keyOf(`parts-${last}`);
    const size = 5 * MiB;
    const bytes = bytesOf(size + last);
    const upload = await store.createMultipart({ bucket, key });
    const parts = [
      await store.putPart(upload, 1, bytes.subarray(0, size)),
      await store.putPart(upload, 2, bytes.subarray(size)),
    ];
    await store.completeMultipart(upload, parts);
    expect((await store.head({ bucket, key })).size).toBe(bytes.length);
    expect(await read(store, key)).toBe(digest(bytes));
    const other = encryptedStore(upstream, { keys: keysWith("k1") });
    const range = { start: size - 3, end: size + 10 };
    expect(await read(other, key, { range })).toBe(digest(bytes.subarray(size - 3, size + 11)));
    const cut = { start: bytes.length - 5 };
    expect(await read(other, key, { range: cut })).toBe(digest(bytes.subarray(-5)));
  });
});
