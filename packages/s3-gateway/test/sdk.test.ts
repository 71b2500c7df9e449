import { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  RestoreObjectCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { MemoryStore } from "@sluice/object-store";
import { createGateway, type GatewayEvent } from "@sluice/s3-gateway";
import { type Serving, serve } from "@sluice/s3-gateway/node";
import { MemoryBudget } from "@sluice/semaphore";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

// The real AWS SDK over a real socket.

const KEYS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const Bucket = "books";

let serving: Serving;
let client: S3Client;
const budget = new MemoryBudget("64MiB");
const events: GatewayEvent[] = [];

const connect = (options: ConstructorParameters<typeof S3Client>[0] = {}) =>
  new S3Client({
    endpoint: serving.url,
    region: "us-east-1",
    forcePathStyle: true,
    credentials: KEYS,
    maxAttempts: 1,
    ...options,
  });

beforeAll(async () => {
  const gateway = createGateway({
    store: new MemoryStore({ limits: { minPartSize: 4 } }),
    budget,
    authenticate: (id) => (id === KEYS.accessKeyId ? KEYS : undefined),
    onEvent: (event) => void events.push(event),
  });
  serving = await serve(gateway, { port: 0 });
  client = connect();
  await client.send(new CreateBucketCommand({ Bucket }));
});
afterAll(async () => {
  client.destroy();
  await serving.close();
  expect(budget.held).toBe(0);
});

const put = (Key: string, Body: string | Uint8Array, more = {}) =>
  client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const read = async (Key: string, more = {}) => {
  const { Body, ...rest } = await client.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return { text: await Body!.transformToString(), ...rest };
};

describe("the AWS SDK", () => {
  it("puts an object with its metadata and reads it back", async () => {
    const made = await put("a/b c+(d)ü😀.txt", "hello", {
      ContentType: "text/plain",
      CacheControl: "no-store",
      Metadata: { author: "somebody" },
    });
    expect(made.ETag).toBe('"5d41402abc4b2a76b9719d911017c592"');
    const got = await read("a/b c+(d)ü😀.txt");
    expect(got).toMatchObject({
      text: "hello",
      ContentType: "text/plain",
      CacheControl: "no-store",
      ContentLength: 5,
      Metadata: { author: "somebody" },
      ETag: made.ETag,
    });
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: "a/b c+(d)ü😀.txt" }));
    expect(head).toMatchObject({ ContentLength: 5, ETag: made.ETag });
  });

  it("streams a body of unknown digest with a checksum in the trailer", async () => {
    const pieces = Array.from({ length: 40 }, (_, i) => Buffer.alloc(10_000, i));
    const made = await client.send(
      new PutObjectCommand({ Bucket, Key: "stream", Body: Readable.from(pieces), ContentLength: 400_000 }),
    );
    expect(made.ChecksumCRC32).toBeDefined();
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: "stream" }));
    expect(Buffer.concat(pieces).equals(await Body!.transformToByteArray())).toBe(true);
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: "stream" }));
    expect(head.ContentEncoding).toBeUndefined();
  });

  it.each(["CRC32", "CRC32C", "SHA1", "SHA256"] as const)(
    "carries %s checksums both ways",
    async (algorithm) => {
      const made = await put(`sum-${algorithm}`, "checked", { ChecksumAlgorithm: algorithm });
      const got = await read(`sum-${algorithm}`, { ChecksumMode: "ENABLED" });
      expect(got.text).toBe("checked");
      expect(got[`Checksum${algorithm}`]).toBe(made[`Checksum${algorithm}`]);
      expect(got[`Checksum${algorithm}`]).toBeDefined();
    },
  );

  it("makes an empty object of an empty body", async () => {
    await put("empty", "");
    expect(await read("empty")).toMatchObject({ text: "", ContentLength: 0 });
    const stream = new PutObjectCommand({ Bucket, Key: "empty2", Body: Readable.from([]), ContentLength: 0 });
    await client.send(stream);
    expect(await read("empty2")).toMatchObject({ text: "", ContentLength: 0 });
  });

  it("gets ranges, suffixes, and parts by number", async () => {
    await put("range", "0123456789");
    expect(await read("range", { Range: "bytes=2-4" })).toMatchObject({
      text: "234",
      ContentRange: "bytes 2-4/10",
    });
    expect((await read("range", { Range: "bytes=7-" })).text).toBe("789");
    expect((await read("range", { Range: "bytes=-3" })).text).toBe("789");
    expect((await read("range", { Range: "bytes=-30" })).text).toBe("0123456789");
    await expect(read("range", { Range: "bytes=10-" })).rejects.toMatchObject({ name: "InvalidRange" });
  });

  it("holds conditions on reading and writing", async () => {
    const { ETag } = await put("cond", "1");
    await expect(read("cond", { IfMatch: '"other"' })).rejects.toMatchObject({ name: "PreconditionFailed" });
    await expect(read("cond", { IfNoneMatch: ETag })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 304 },
    });
    await expect(put("cond", "2", { IfNoneMatch: "*" })).rejects.toMatchObject({
      name: "PreconditionFailed",
    });
    await expect(read("cond", { IfModifiedSince: new Date(Date.now() + 60_000) })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 304 },
    });
    await expect(read("cond", { IfUnmodifiedSince: new Date(0) })).rejects.toMatchObject({
      name: "PreconditionFailed",
    });
    expect((await read("cond", { IfMatch: ETag })).text).toBe("1");
  });

  it("uploads in parts, lists what is there, and completes", async () => {
    const Key = "multi part";
    const { UploadId } = await client.send(
      new CreateMultipartUploadCommand({ Bucket, Key, ContentType: "text/x", Metadata: { a: "b" } }),
    );
    const Parts = await Promise.all(
      ["first-", "second-", "third"].map(async (Body, i) => {
        const PartNumber = i + 1;
        const done = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
        return { PartNumber, ETag: done.ETag };
      }),
    );
    const parts = await client.send(new ListPartsCommand({ Bucket, Key, UploadId, MaxParts: 2 }));
    expect(parts.Parts?.map((part) => [part.PartNumber, part.Size])).toEqual([
      [1, 6],
      [2, 7],
    ]);
    expect(parts).toMatchObject({ IsTruncated: true, NextPartNumberMarker: "2" });
    const open = await client.send(new ListMultipartUploadsCommand({ Bucket }));
    expect(open.Uploads?.map((upload) => upload.UploadId)).toEqual([UploadId]);
    const done = await client.send(
      new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
    );
    expect(done).toMatchObject({ Bucket, Key, ETag: expect.stringMatching(/^"[0-9a-f]{32}-3"$/) });
    expect(done.Location).toBe(`${serving.url}/${Bucket}/multi%20part`);
    expect(await read(Key)).toMatchObject({
      text: "first-second-third",
      ContentType: "text/x",
      Metadata: { a: "b" },
    });
    expect(await read(Key, { PartNumber: 2 })).toMatchObject({ text: "second-", PartsCount: 3 });
  });

  it.each(["CRC32", "CRC32C", "CRC64NVME"] as const)(
    "checks the %s of a full object made of parts, and publishes nothing else",
    async (ChecksumAlgorithm) => {
      const Key = `full ${ChecksumAlgorithm}`;
      const field = `Checksum${ChecksumAlgorithm}` as const;
      const text = ["first-", "second-", "third"];
      const whole = (
        await client.send(
          new PutObjectCommand({ Bucket, Key: "whole", Body: text.join(""), ChecksumAlgorithm }),
        )
      )[field];
      const { UploadId, ChecksumType } = await client.send(
        new CreateMultipartUploadCommand({ Bucket, Key, ChecksumAlgorithm, ChecksumType: "FULL_OBJECT" }),
      );
      expect(ChecksumType).toBe("FULL_OBJECT");
      const Parts = await Promise.all(
        text.map(async (Body, i) => {
          const part = { Bucket, Key, UploadId, PartNumber: i + 1, Body, ChecksumAlgorithm };
          return { PartNumber: i + 1, ETag: (await client.send(new UploadPartCommand(part))).ETag };
        }),
      );
      const complete = (value: string | undefined) =>
        client.send(
          new CompleteMultipartUploadCommand({
            Bucket,
            Key,
            UploadId,
            MultipartUpload: { Parts },
            ChecksumType: "FULL_OBJECT",
            [field]: value,
          }),
        );
      const other = ChecksumAlgorithm === "CRC64NVME" ? "AAAAAAAAAAA=" : "AAAAAA==";
      await expect(complete(other)).rejects.toMatchObject({ name: "BadDigest" });
      expect(await complete(whole)).toMatchObject({ [field]: whole, ChecksumType: "FULL_OBJECT" });
    },
  );

  it("refuses parts that are not there, and forgets an aborted upload", async () => {
    const Key = "aborted";
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const complete = new CompleteMultipartUploadCommand({
      Bucket,
      Key,
      UploadId,
      MultipartUpload: { Parts: [{ PartNumber: 1, ETag: '"00000000000000000000000000000000"' }] },
    });
    await expect(client.send(complete)).rejects.toMatchObject({ name: "InvalidPart" });
    await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    await expect(client.send(complete)).rejects.toMatchObject({ name: "NoSuchUpload" });
  });

  it("pages through a listing in both versions, common prefixes included", async () => {
    const keys = ["l/a/1", "l/a/2", "l/b", "l/c/1", "l/c/2", "l/d e&<ü>"];
    await Promise.all(keys.map((key) => put(key, "x")));
    const walk = async (version: 1 | 2, more: object) => {
      const seen: string[] = [];
      let from: object = {};
      for (let page = 0; page < 20; page++) {
        const wish = { Bucket, Prefix: "l/", MaxKeys: 1, ...more, ...from };
        const got =
          version === 1
            ? await client.send(new ListObjectsCommand(wish))
            : await client.send(new ListObjectsV2Command(wish));
        for (const { Key } of got.Contents ?? []) seen.push(Key!);
        for (const { Prefix } of got.CommonPrefixes ?? []) seen.push(Prefix!);
        if (!got.IsTruncated) return seen;
        from =
          "NextContinuationToken" in got
            ? { ContinuationToken: got.NextContinuationToken }
            : { Marker: "Delimiter" in more ? (got as { NextMarker?: string }).NextMarker : seen.at(-1) };
      }
      throw new Error("the listing does not end");
    };
    const rolled = ["l/a/", "l/b", "l/c/", "l/d e&<ü>"];
    expect(await walk(2, {})).toEqual(keys);
    expect(await walk(1, {})).toEqual(keys);
    expect(await walk(2, { Delimiter: "/" })).toEqual(rolled);
    expect(await walk(1, { Delimiter: "/" })).toEqual(rolled);
    const url = await client.send(new ListObjectsV2Command({ Bucket, Prefix: "l/d", EncodingType: "url" }));
    expect(url.Contents?.[0]?.Key).toBe("l/d%20e%26%3C%C3%BC%3E");
    const none = await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 0 }));
    expect(none).toMatchObject({ KeyCount: 0, IsTruncated: false });
  });

  it("copies with the source's headers or with new ones", async () => {
    await put("from me", "content", { ContentType: "text/a", Metadata: { x: "1" } });
    const CopySource = `${Bucket}/from%20me`;
    const made = await client.send(new CopyObjectCommand({ Bucket, Key: "copy1", CopySource }));
    expect(made.CopyObjectResult?.ETag).toMatch(/^"/);
    expect(await read("copy1")).toMatchObject({
      text: "content",
      ContentType: "text/a",
      Metadata: { x: "1" },
    });
    const replace = { MetadataDirective: "REPLACE", ContentType: "text/b", Metadata: { y: "2" } } as const;
    await client.send(new CopyObjectCommand({ Bucket, Key: "copy2", CopySource, ...replace }));
    expect(await read("copy2")).toMatchObject({ ContentType: "text/b", Metadata: { y: "2" } });
    const missing = new CopyObjectCommand({ Bucket, Key: "copy3", CopySource: `${Bucket}/nowhere` });
    await expect(client.send(missing)).rejects.toMatchObject({ name: "NoSuchKey" });
  });

  it("makes a part of an object that is there", async () => {
    await put("half + 50%41?versionId=3", "0123456789");
    const at = { Bucket, Key: "of parts" };
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(at));
    const copy = {
      ...at,
      UploadId,
      PartNumber: 1,
      CopySource: `${Bucket}/half%20%2B%2050%2541%3FversionId%3D3`,
      CopySourceRange: "bytes=2-5",
    };
    const { CopyPartResult } = await client.send(new UploadPartCopyCommand(copy));
    const Parts = [{ PartNumber: 1, ETag: CopyPartResult?.ETag }];
    await client.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }));
    expect(await read("of parts")).toMatchObject({ text: "2345" });
  });

  it("deletes one object or many", async () => {
    await Promise.all(["x1", "x<2>&", "x3"].map((key) => put(key, "")));
    await client.send(new DeleteObjectCommand({ Bucket, Key: "x1" }));
    await expect(read("x1")).rejects.toMatchObject({ name: "NoSuchKey" });
    const Objects = [{ Key: "x<2>&" }, { Key: "x3" }, { Key: "never there" }];
    const many = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(many.Deleted?.map(({ Key }) => Key).sort()).toEqual(["never there", "x3", "x<2>&"]);
    await expect(read("x<2>&")).rejects.toMatchObject({ name: "NoSuchKey" });
  });

  it("makes, finds, lists and deletes buckets", async () => {
    await client.send(new CreateBucketCommand({ Bucket: "second" }));
    await client.send(new HeadBucketCommand({ Bucket: "second" }));
    const { Buckets } = await client.send(new ListBucketsCommand({}));
    expect(Buckets?.map(({ Name }) => Name)).toEqual([Bucket, "second"]);
    const where = await client.send(new GetBucketLocationCommand({ Bucket: "second" }));
    expect(where.LocationConstraint || "us-east-1").toBe("us-east-1");
    await client.send(new DeleteBucketCommand({ Bucket: "second" }));
    await expect(client.send(new HeadBucketCommand({ Bucket: "second" }))).rejects.toMatchObject({
      name: "NotFound",
    });
    await expect(client.send(new DeleteBucketCommand({ Bucket }))).rejects.toMatchObject({
      name: "BucketNotEmpty",
    });
  });

  it("is told NoSuchBucket and NoSuchKey apart", async () => {
    const elsewhere = new GetObjectCommand({ Bucket: "nowhere", Key: "k" });
    await expect(client.send(elsewhere)).rejects.toMatchObject({ name: "NoSuchBucket" });
    await expect(read("no such key")).rejects.toMatchObject({ name: "NoSuchKey" });
  });

  it("is refused with a wrong secret, an unknown key, no signature, or a clock that is wrong", async () => {
    const attempt = async (options: ConstructorParameters<typeof S3Client>[0]) => {
      const other = connect(options);
      try {
        return await other.send(new ListObjectsV2Command({ Bucket }));
      } finally {
        other.destroy();
      }
    };
    const wrong = { ...KEYS, secretAccessKey: "wrong" };
    await expect(attempt({ credentials: wrong })).rejects.toMatchObject({ name: "SignatureDoesNotMatch" });
    const unknown = { ...KEYS, accessKeyId: "NOBODY" };
    await expect(attempt({ credentials: unknown })).rejects.toMatchObject({ name: "InvalidAccessKeyId" });
    await expect(attempt({ signer: { sign: async (request) => request } })).rejects.toMatchObject({
      name: "AccessDenied",
    });
    await expect(attempt({ systemClockOffset: -16 * 60_000 })).rejects.toMatchObject({
      name: "RequestTimeTooSkewed",
    });
    const temporary = { ...KEYS, sessionToken: "made up" };
    await expect(attempt({ credentials: temporary })).rejects.toMatchObject({ name: "InvalidToken" });
  });

  it("is told what is not implemented, and nothing is overwritten by it", async () => {
    await put("kept", "as it was");
    const restore = new RestoreObjectCommand({ Bucket, Key: "kept", RestoreRequest: { Days: 1 } });
    await expect(client.send(restore)).rejects.toMatchObject({ name: "NotImplemented" });
    await expect(put("kept", "new", { ServerSideEncryption: "AES256" })).rejects.toMatchObject({
      name: "NotImplemented",
    });
    expect((await read("kept")).text).toBe("as it was");
  });

  it("leaves an event for each request", async () => {
    events.length = 0;
    await put("seen", "12345");
    await read("seen");
    await expect(read("not seen")).rejects.toThrow();
    expect(events.map(({ operation, status, code, bytes }) => [operation, status, code, bytes])).toEqual([
      ["PutObject", 200, undefined, 5],
      ["GetObject", 200, undefined, 5],
      ["GetObject", 404, "NoSuchKey", 0],
    ]);
  });
});
