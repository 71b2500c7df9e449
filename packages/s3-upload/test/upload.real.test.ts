import { createHash, randomUUID } from "node:crypto";
import { env } from "node:process";
import { Readable } from "node:stream";
import { S3Client } from "@aws-sdk/client-s3";
import { fail, faulty, flipBit, loseAnswer, type ObjectStore, StoreError } from "@sluice/object-store";
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
  for (const open of await leftovers()) await store.abortMultipart(open);
  const { objects } = await store.list(bucket);
  for (const { key } of objects) await store.delete({ bucket, key });
  await store.buckets!.delete(bucket);
  client.destroy();
});

const leftovers = async () => (await store.listMultiparts(bucket)).uploads;

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

test("64 MiB and a byte arrive as they were, under a budget of three parts", async () => {
  const size = 64 * MiB + 1;
  const hash = createHash("sha256");
  const budget = new MemoryBudget("24MiB");
  const loaded: number[] = [];
  const result = await upload(store, { bucket, key: "large" }, Readable.from(lines(size, hash)), {
    budget,
    contentType: "text/plain",
    metadata: { colour: "blue" },
    onProgress: (progress) => loaded.push(progress.loaded),
  });
  expect(result).toMatchObject({ size, parts: 9, uploadId: expect.any(String) });
  expect(loaded.at(-1)).toBe(size);
  expect(budget.snapshot()).toMatchObject({ held: 0, peakHeld: 24 * MiB });
  expect(await store.head({ bucket, key: "large" })).toMatchObject({
    size,
    etag: result.etag,
    contentType: "text/plain",
    metadata: { colour: "blue" },
  });
  expect(await sha256Of("large")).toBe(hash.digest("hex"));
  expect(await leftovers()).toEqual([]);
});

test("an empty and a small body take one request each", async () => {
  for (const size of [0, 1_000]) {
    const key = `small ${size}`;
    const result = await upload(store, { bucket, key }, lines(size), { integrity: "md5" });
    expect(result).toMatchObject({ size, parts: 1 });
    expect(result.uploadId).toBeUndefined();
    expect((await store.head({ bucket, key })).size).toBe(size);
  }
});

test("a part that fails for good while the source stalls ends the upload within a second", async () => {
  let failedAt = 0;
  const denied = () => {
    failedAt = performance.now();
    return new StoreError("AccessDenied", "no", { status: 403 });
  };
  const broken = faulty(store, [fail("putPart", denied, 2)]);
  const cancelled: unknown[] = [];
  const source = lines(11 * MiB);
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const step = source.next();
      if (step.done) return new Promise(() => undefined);
      controller.enqueue(step.value);
      return undefined;
    },
    cancel: (reason) => void cancelled.push(reason),
  });
  const cause = await upload(broken, { bucket, key: "stalled" }, body, { partSize: "5MiB" }).catch(
    (error: unknown) => error,
  );
  expect(performance.now() - failedAt).toBeLessThan(1_000);
  expect(cause).toMatchObject({ code: "AccessDenied" });
  expect(cause).not.toHaveProperty("alsoFailed");
  expect(cancelled).toEqual([cause]);
  expect(await leftovers()).toEqual([]);
});

test("an abort in the middle of the parts leaves nothing behind", async () => {
  const stop = new AbortController();
  const reason = new Error("the user left");
  const budget = new MemoryBudget("32MiB");
  const running = upload(store, { bucket, key: "aborted" }, Readable.from(lines(40 * MiB)), {
    partSize: "5MiB",
    budget,
    signal: stop.signal,
    onProgress: () => stop.abort(reason),
  });
  await expect(running).rejects.toBe(reason);
  expect(budget.held).toBe(0);
  expect(await leftovers()).toEqual([]);
  await expect(store.head({ bucket, key: "aborted" })).rejects.toMatchObject({ status: 404 });
});

test("a lost answer to Complete is resolved by looking", async () => {
  const lossy = faulty(store, [loseAnswer("completeMultipart")]);
  const hash = createHash("sha256");
  const key = "lost";
  const result = await upload(lossy, { bucket, key }, lines(11 * MiB, hash), { partSize: "5MiB" });
  expect(result.etag).toBe((await store.head({ bucket, key })).etag);
  expect(await sha256Of(key)).toBe(hash.digest("hex"));
});

test("a flipped bit is refused by the server and sent again", async () => {
  const noisy = faulty(store, [flipBit("putPart", 1_000_000)]);
  const hash = createHash("sha256");
  const key = "flipped";
  await upload(noisy, { bucket, key }, lines(11 * MiB, hash), { partSize: "5MiB", integrity: "md5" });
  expect(await sha256Of(key)).toBe(hash.digest("hex"));
});
