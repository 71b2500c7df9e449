import { createHash, randomUUID } from "node:crypto";
import { env } from "node:process";
import { Readable } from "node:stream";
import { S3Client } from "@aws-sdk/client-s3";
import {
  fail,
  faulty,
  loseAnswer,
  type ObjectStore,
  StoreError,
  type StoreLimits,
} from "@sluice/object-store";
import { awsStore } from "@sluice/s3-aws-sdk";
import { upload } from "@sluice/s3-upload";
import { MemoryBudget } from "@sluice/semaphore";
import { afterAll, beforeAll, expect, test } from "vitest";

const MiB = 2 ** 20;
const bucket = `sluice-${randomUUID()}`;
let client: S3Client;
let store: ObjectStore;

const needed = (name: string): string => {
  const value = env[name];
  if (!value) throw new Error(`${name} must be set: these tests need a real S3 server`);
  return value;
};

beforeAll(async () => {
  client = new S3Client({
    endpoint: needed("SLUICE_S3_ENDPOINT"),
    region: needed("AWS_REGION"),
    credentials: {
      accessKeyId: needed("AWS_ACCESS_KEY_ID"),
      secretAccessKey: needed("AWS_SECRET_ACCESS_KEY"),
    },
    forcePathStyle: true,
  });
  store = awsStore(client);
  await store.buckets!.create(bucket);
});

afterAll(async () => {
  if (store === undefined) return;
  for (const open of (await store.listMultiparts(bucket)).uploads) await store.abortMultipart(open);
  const { objects } = await store.list(bucket);
  for (const { key } of objects) await store.delete({ bucket, key });
  await store.buckets!.delete(bucket);
  client.destroy();
});

/** As if the server took uploads of four parts only. */
const limited = (limits: Partial<StoreLimits> = {}) =>
  awsStore(client, { limits: { maxParts: 4, maxPartSize: 20 * MiB, ...limits } });

/** What is there beside the objects at these keys. */
const left = async (...keys: readonly string[]) => ({
  objects: (await store.list(bucket)).objects.map(({ key }) => key).filter((key) => !keys.includes(key)),
  uploads: (await store.listMultiparts(bucket)).uploads,
});
const NOTHING = { objects: [], uploads: [] };

/** Numbered lines, made as they are read, in chunks of a size that fits no part. */
function* lines(size: number, hash = createHash("sha256")): Generator<Uint8Array> {
  const chunk = 99_991;
  for (let at = 0; at < size; at += chunk) {
    const bytes = Buffer.alloc(Math.min(chunk, size - at), `line at ${at}\n`);
    hash.update(bytes);
    yield bytes;
  }
}

async function sha256Of(key: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of (await store.get({ bucket, key })).body) hash.update(chunk);
  return hash.digest("hex");
}

test("a stream of twelve parts arrives as it was, through uploads of four", async () => {
  const key = "compacted";
  const size = 57 * MiB + 3;
  const hash = createHash("sha256");
  const budget = new MemoryBudget("15MiB");
  const result = await upload(limited(), { bucket, key }, Readable.from(lines(size, hash)), {
    partSize: "5MiB",
    compaction: true,
    budget,
    contentType: "text/plain",
  });
  expect(result).toMatchObject({ size, parts: 12 });
  expect(budget.snapshot()).toMatchObject({ held: 0, peakHeld: 15 * MiB });
  expect(await store.head({ bucket, key })).toMatchObject({
    size,
    etag: result.etag,
    contentType: "text/plain",
  });
  expect(result.etag).toMatch(/^"[0-9a-f]{32}-3"$/);
  expect(await sha256Of(key)).toBe(hash.digest("hex"));
  expect(await left(key)).toEqual(NOTHING);
  await store.delete({ bucket, key });
});

test("blocks of blocks arrive as they were", async () => {
  const key = "blocks of blocks";
  const size = 43 * MiB;
  const hash = createHash("sha256");
  const deep = limited({ maxParts: 2, maxPartSize: 40 * MiB });
  await upload(deep, { bucket, key }, lines(size, hash), { partSize: "5MiB", compaction: true });
  expect(await sha256Of(key)).toBe(hash.digest("hex"));
  expect(await left(key)).toEqual(NOTHING);
  await store.delete({ bucket, key });
});

test("lost answers on the way are made up for", async () => {
  const key = "lost answers";
  const size = 31 * MiB;
  const hash = createHash("sha256");
  const lossy = faulty(limited(), [
    loseAnswer("completeMultipart"),
    loseAnswer("copyPart"),
    loseAnswer("delete"),
  ]);
  const options = { partSize: "5MiB", compaction: true, retry: { baseDelay: 1 } } as const;
  const { etag } = await upload(lossy, { bucket, key }, lines(size, hash), options);
  expect((await store.head({ bucket, key })).etag).toBe(etag);
  expect(await sha256Of(key)).toBe(hash.digest("hex"));
  expect(await left(key)).toEqual(NOTHING);
  await store.delete({ bucket, key });
});

test("a copy, a completion or a deletion that fails for good leaves nothing behind", async () => {
  const refused = () => new StoreError("AccessDenied", "no", { status: 403 });
  for (const method of ["copyPart", "completeMultipart", "delete"] as const) {
    const broken = faulty(limited(), [fail(method, refused, 2)]);
    const running = upload(broken, { bucket, key: method }, lines(51 * MiB), {
      partSize: "5MiB",
      compaction: true,
    });
    await expect(running).rejects.toMatchObject({ code: "AccessDenied" });
    expect([method, await left()]).toEqual([method, NOTHING]);
  }
});

test("an abort between the blocks leaves nothing behind", async () => {
  for (const parts of [2, 4, 5, 9]) {
    const stop = new AbortController();
    const reason = new Error("the user left");
    const running = upload(limited(), { bucket, key: "aborted" }, Readable.from(lines(51 * MiB)), {
      partSize: "5MiB",
      compaction: true,
      signal: stop.signal,
      onProgress: (progress) => {
        if (progress.parts === parts) stop.abort(reason);
      },
    });
    await expect(running).rejects.toBe(reason);
    expect([parts, await left()]).toEqual([parts, NOTHING]);
  }
});
