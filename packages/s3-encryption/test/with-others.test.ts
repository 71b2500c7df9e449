import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { MemoryStore } from "@sluice/object-store";
import { download } from "@sluice/s3-download";
import { encryptedStore } from "@sluice/s3-encryption";
import { createGateway } from "@sluice/s3-gateway";
import { type Serving, serve } from "@sluice/s3-gateway/node";
import { upload } from "@sluice/s3-upload";
import { MemoryBudget } from "@sluice/semaphore";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keysWith } from "./keys.js";

const KiB = 1024;
const bytesOf = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 37 + (i >> 8)) & 0xff);
const made = () => {
  const memory = new MemoryStore({ limits: { minPartSize: 64 * KiB } });
  return { memory, store: encryptedStore(memory, { keys: keysWith("k1"), frameSize: 32 * KiB }) };
};

describe("the transfers of this project", () => {
  const target = { bucket: "b", key: "k" };

  test("go through an encrypted store as through any other", async () => {
    const { memory, store } = made();
    const bytes = bytesOf(1_000_001);
    const budget = new MemoryBudget("300KiB");
    for (const length of [undefined, bytes.length]) {
      const chunks = (async function* () {
        for (let at = 0; at < bytes.length; at += 10_000) yield bytes.subarray(at, at + 10_000);
      })();
      const { size } = await upload(store, target, chunks, { budget, length, slots: 3 });
      expect(size).toBe(bytes.length);
      const { body } = await download(store, target, { budget, rangeSize: 50_000 });
      expect(Buffer.from(await new Response(body).arrayBuffer()).equals(bytes)).toBe(true);
    }
    expect((await memory.head(target)).size).toBeGreaterThan(bytes.length);
    await expect(upload(store, target, bytes, { partSize: 70 * KiB })).rejects.toMatchObject({
      code: "ERR_INVALID_VALUE",
    });
  });
});

describe("behind a gateway", () => {
  const KEYS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
  const { memory, store } = made();
  const Bucket = "books";
  let serving: Serving;
  let client: S3Client;

  beforeAll(async () => {
    await memory.buckets.create(Bucket);
    const gateway = createGateway({ store, budget: new MemoryBudget("16MiB"), authenticate: () => KEYS });
    serving = await serve(gateway, { port: 0 });
    client = new S3Client({
      endpoint: serving.url,
      region: "us-east-1",
      forcePathStyle: true,
      credentials: KEYS,
      maxAttempts: 1,
    });
  });
  afterAll(async () => {
    client.destroy();
    await serving.close();
  });

  const stored = async (Key: string) => {
    const { body } = await memory.get({ bucket: Bucket, key: Key });
    return Buffer.from(await new Response(body).arrayBuffer());
  };

  test("the SDK puts, reads, reads ranges, lists and copies, and the store sees nothing of it", async () => {
    const Body = bytesOf(100_000);
    const { ETag } = await client.send(
      new PutObjectCommand({ Bucket, Key: "put", Body, Metadata: { author: "somebody" } }),
    );
    expect(ETag).toMatch(/^"[0-9a-f]{32}-sealed"$/);
    const got = await client.send(new GetObjectCommand({ Bucket, Key: "put", IfMatch: ETag }));
    expect(Buffer.from(await got.Body!.transformToByteArray()).equals(Body)).toBe(true);
    expect(got.Metadata).toEqual({ author: "somebody" });
    for (const Range of ["bytes=40000-70000", "bytes=99999-", "bytes=-33000"]) {
      const some = await client.send(new GetObjectCommand({ Bucket, Key: "put", Range }));
      const [, start, end] = /^bytes (\d+)-(\d+)\/100000$/.exec(some.ContentRange ?? "") ?? [];
      const bytes = Buffer.from(await some.Body!.transformToByteArray());
      expect(bytes.equals(Body.subarray(Number(start), Number(end) + 1))).toBe(true);
    }
    const { Contents } = await client.send(new ListObjectsV2Command({ Bucket, Prefix: "put" }));
    expect(Contents).toMatchObject([{ Key: "put", Size: 100_000, ETag }]);
    await client.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/put` }));
    const copy = await client.send(new GetObjectCommand({ Bucket, Key: "copy" }));
    expect(Buffer.from(await copy.Body!.transformToByteArray()).equals(Body)).toBe(true);
    expect((await stored("put")).includes(Buffer.from(Body.subarray(0, 32)))).toBe(false);
  });

  test("the SDK uploads and copies parts, and reads them by their numbers", async () => {
    const at = { Bucket, Key: "parts" };
    const bytes = bytesOf(3 * 64 * KiB);
    const size = 64 * KiB;
    const { UploadId } = await client.send(
      new CreateMultipartUploadCommand({ ...at, ChecksumAlgorithm: "CRC32" }),
    );
    const parts = [];
    for (const PartNumber of [1, 2]) {
      const Body = bytes.subarray((PartNumber - 1) * size, PartNumber * size);
      const { ETag, ChecksumCRC32 } = await client.send(
        new UploadPartCommand({ ...at, UploadId, PartNumber, Body }),
      );
      parts.push({ PartNumber, ETag, ChecksumCRC32 });
    }
    await client.send(new PutObjectCommand({ Bucket, Key: "source", Body: bytes }));
    const { CopyPartResult } = await client.send(
      new UploadPartCopyCommand({
        ...at,
        UploadId,
        PartNumber: 3,
        CopySource: `${Bucket}/source`,
        CopySourceRange: `bytes=${2 * size}-${3 * size - 1}`,
      }),
    );
    const { Parts } = await client.send(new ListPartsCommand({ ...at, UploadId }));
    expect(Parts?.map(({ Size }) => Size)).toEqual([size, size, size]);
    const MultipartUpload = { Parts: [...parts, { PartNumber: 3, ETag: CopyPartResult!.ETag }] };
    await client.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload }));
    const whole = await client.send(new GetObjectCommand(at));
    expect(Buffer.from(await whole.Body!.transformToByteArray()).equals(bytes)).toBe(true);
    const second = await client.send(new GetObjectCommand({ ...at, PartNumber: 2 }));
    const read = Buffer.from(await second.Body!.transformToByteArray());
    expect(read.equals(bytes.subarray(size, 2 * size))).toBe(true);
    expect(second.PartsCount).toBe(3);
    expect((await client.send(new HeadObjectCommand(at))).ContentLength).toBe(bytes.length);
  });

  test("a body that was changed on the store breaks off before its first wrong byte", async () => {
    const at = { bucket: Bucket, key: "put" };
    const bytes = await stored("put");
    bytes[40_000]! ^= 1;
    const { metadata } = await memory.head(at);
    await memory.put(at, new Uint8Array(bytes), { metadata });
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: "put" }));
    await expect(Body!.transformToByteArray()).rejects.toThrow();
  });
});
