import { createHash, randomUUID } from "node:crypto";
import { createReadStream, readdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env } from "node:process";
import { S3Client } from "@aws-sdk/client-s3";
import { failOnce, faulty, flipBit, type ObjectStore, StoreError } from "@sluice/object-store";
import { awsStore } from "@sluice/s3-aws-sdk";
import { upload, uploadFile } from "@sluice/s3-upload/node";
import { MemoryBudget } from "@sluice/semaphore";
import { afterAll, beforeAll, expect, test } from "vitest";

const MiB = 2 ** 20;
const SIZE = 17 * MiB + 3;
const bucket = `sluice-${randomUUID()}`;
let client: S3Client;
let store: ObjectStore;
let directory: string;
let path: string;
let digest: string;

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
  directory = await mkdtemp(join(tmpdir(), "sluice-node-real-"));
  path = join(directory, "file");
  const bytes = Buffer.alloc(SIZE, Array.from({ length: 997 }, (_, i) => i.toString(36)).join(""));
  digest = createHash("sha256").update(bytes).digest("hex");
  await writeFile(path, bytes);
});

afterAll(async () => {
  if (store === undefined) return;
  const { objects } = await store.list(bucket);
  for (const { key } of objects) await store.delete({ bucket, key });
  await store.buckets!.delete(bucket);
  client.destroy();
  await rm(directory, { recursive: true });
});

async function arrived(key: string): Promise<void> {
  const hash = createHash("sha256");
  for await (const chunk of (await store.get({ bucket, key })).body) hash.update(chunk);
  expect(hash.digest("hex")).toBe(digest);
  expect((await store.listMultiparts(bucket)).uploads).toEqual([]);
}

test("a file arrives as it was, under a budget of two parts", async () => {
  const budget = new MemoryBudget("10MiB");
  const result = await uploadFile(store, { bucket, key: "file" }, path, { partSize: "5MiB", budget });
  expect(result).toMatchObject({ size: SIZE, parts: 4 });
  expect(budget.snapshot()).toMatchObject({ held: 0, peakHeld: 10 * MiB });
  await arrived("file");
});

test("parts that wait on a disk arrive as they were, also if one has to be sent twice, in two MiB of memory", async () => {
  const spool = { directory: join(directory, "spool") };
  const budget = new MemoryBudget("2MiB");
  const damaging = faulty(store, [
    flipBit("putPart", 3, 2),
    failOnce("putPart", new StoreError("InternalError", "try again", { status: 500 })),
  ]);
  const body = createReadStream(path);
  // Not every server looks at an additional checksum; all look at an MD5.
  const options = { partSize: "5MiB", integrity: "md5", retry: { baseDelay: 0 }, budget, spool } as const;
  const result = await upload(damaging, { bucket, key: "spooled" }, body, options);
  expect(result).toMatchObject({ size: SIZE, parts: 4 });
  expect(budget.held).toBe(0);
  expect(readdirSync(spool.directory)).toEqual([]);
  await arrived("spooled");
});

test("a small body that waits on a disk takes one request", async () => {
  const target = { bucket, key: "small" };
  const spool = { directory: join(directory, "spool") };
  expect(await upload(store, target, "a few bytes", { spool })).toMatchObject({ size: 11, parts: 1 });
  expect((await store.head(target)).size).toBe(11);
});
