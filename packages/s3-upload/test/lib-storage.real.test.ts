import { createHash, randomUUID } from "node:crypto";
import { env } from "node:process";
import { Readable } from "node:stream";
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from "@aws-sdk/client-s3";
import { type Progress, Upload } from "@sluice/s3-upload/lib-storage";
import { MemoryBudget } from "@sluice/semaphore";
import { afterAll, beforeAll, expect, test } from "vitest";

const MiB = 2 ** 20;
const Bucket = `sluice-${randomUUID()}`;
let client: S3Client;

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
    requestChecksumCalculation: "WHEN_REQUIRED",
  });
  await client.send(new CreateBucketCommand({ Bucket }));
});

afterAll(async () => {
  if (client === undefined) return;
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket }));
  for (const { Key } of Contents) await client.send(new DeleteObjectCommand({ Bucket, Key }));
  await client.send(new DeleteBucketCommand({ Bucket }));
  client.destroy();
});

const leftovers = async () => (await client.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads ?? [];

/** Numbered lines in chunks of a size that fits no part. */
function* lines(size: number, hash = createHash("sha256")): Generator<Buffer> {
  const chunk = 99_991;
  for (let at = 0; at < size; at += chunk) {
    const bytes = Buffer.alloc(Math.min(chunk, size - at), `line at ${at}\n`);
    hash.update(bytes);
    yield bytes;
  }
}

async function sha256Of(Key: string): Promise<string> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
  return createHash("sha256")
    .update(await Body!.transformToByteArray())
    .digest("hex");
}

test("the drop-in uploads 17 MiB in four parts to a server, under a budget", async () => {
  const size = 17 * MiB;
  const hash = createHash("sha256");
  const budget = new MemoryBudget("10MiB");
  const events: Progress[] = [];
  const params = {
    Bucket,
    Key: "large",
    Body: Readable.from(lines(size, hash)),
    Metadata: { colour: "blue" },
  };
  const upload = new Upload({ client, params, budget });
  upload.on("httpUploadProgress", (progress) => events.push(progress));
  const result = await upload.done();
  expect(result).toMatchObject({ Bucket, Key: "large", $metadata: { httpStatusCode: 200 } });
  expect(events.map(({ part }) => part).toSorted()).toEqual([1, 2, 3, 4]);
  expect(events.at(-1)?.loaded).toBe(size);
  expect(budget.snapshot()).toMatchObject({ held: 0, peakHeld: 10 * MiB });
  expect(await sha256Of("large")).toBe(hash.digest("hex"));
  expect(await leftovers()).toEqual([]);
});

test("the drop-in puts a body of one part in one request", async () => {
  const upload = new Upload({ client, params: { Bucket, Key: "a b/c", Body: "hello" } });
  const endpoint = needed("SLUICE_S3_ENDPOINT").replace(/\/$/, "");
  expect(await upload.done()).toMatchObject({
    ETag: '"5d41402abc4b2a76b9719d911017c592"',
    Location: `${endpoint}/${Bucket}/a%20b/c`,
  });
  expect(upload.uploadId).toBeUndefined();
});

test("the drop-in sets the tags when the object is there", async () => {
  const tags = [{ Key: "colour", Value: "blue" }];
  const done = new Upload({ client, params: { Bucket, Key: "tagged", Body: "hello" }, tags }).done();
  if (env.SLUICE_S3_SERVER === "swift") {
    // It has no tags, and says so; the object stays.
    await expect(done).rejects.toMatchObject({ name: "NotImplemented" });
    await client.send(new HeadObjectCommand({ Bucket, Key: "tagged" }));
    return;
  }
  await done;
  const { TagSet } = await client.send(new GetObjectTaggingCommand({ Bucket, Key: "tagged" }));
  expect(TagSet).toEqual(tags);
});

test("an aborted drop-in leaves nothing on the server", async () => {
  const Body = Readable.from(lines(40 * MiB));
  const upload = new Upload({ client, params: { Bucket, Key: "aborted", Body } });
  upload.on("httpUploadProgress", () => void upload.abort());
  await expect(upload.done()).rejects.toMatchObject({ name: "AbortError", message: "Upload aborted." });
  expect(Body.destroyed).toBe(true);
  expect(await leftovers()).toEqual([]);
  await expect(sha256Of("aborted")).rejects.toMatchObject({ name: "NoSuchKey" });
});

test("the drop-in has a file's whole digest compared before the object appears", async () => {
  const hash = createHash("sha256");
  for (const _ of lines(6 * MiB, hash));
  const ChecksumSHA256 = hash.digest("base64");
  const right = { Bucket, Key: "right", Body: Readable.from(lines(6 * MiB)), ChecksumSHA256 };
  await new Upload({ client, params: right }).done();
  const wrong = { Bucket, Key: "wrong", Body: Readable.from(lines(6 * MiB + 1)), ChecksumSHA256 };
  await expect(new Upload({ client, params: wrong }).done()).rejects.toMatchObject({ code: "BadDigest" });
  await expect(sha256Of("wrong")).rejects.toMatchObject({ name: "NoSuchKey" });
  expect(await leftovers()).toEqual([]);
});
