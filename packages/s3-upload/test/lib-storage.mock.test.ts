import { EventEmitter, once } from "node:events";
import { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { Upload } from "@sluice/s3-upload/lib-storage";
import { type AwsClientStub, mockClient } from "aws-sdk-client-mock";
import { afterEach, beforeEach, expect, test } from "vitest";

// The tests that people have of their own uploads, as the manual of aws-sdk-client-mock shows them.

const MiB = 2 ** 20;
const place = { Bucket: "bucket", Key: "key" };
const client = new S3Client({ region: "eu-central-1" });
let s3: AwsClientStub<S3Client>;

beforeEach(() => {
  s3 = mockClient(client);
});
afterEach(() => {
  s3.restore();
});

test("a mock sees the very commands that lib-storage sends, with Buffers in them", async () => {
  s3.on(CreateMultipartUploadCommand).resolves({ UploadId: "1" });
  const bodies: unknown[] = [];
  s3.on(UploadPartCommand).callsFake(({ Body, PartNumber }) => {
    bodies.push(Body);
    return { ETag: String(PartNumber) };
  });
  const upload = new Upload({ client, params: { ...place, Body: Buffer.alloc(6 * MiB, 7), ACL: "private" } });
  // Nobody has told the mock of Complete.
  expect(await upload.done()).toBeUndefined();
  expect(upload.uploadId).toBe("1");
  // A matcher would take minutes for so many bytes.
  expect(bodies.every((body) => body instanceof Buffer && body.every((byte) => byte === 7))).toBe(true);
  expect(bodies.map((body) => (body as Buffer).length).toSorted()).toEqual([5 * MiB, MiB].toSorted());
  expect(s3.commandCalls(CreateMultipartUploadCommand)[0]?.args[0].input).toMatchObject({
    ...place,
    ACL: "private",
  });
  expect(s3.commandCalls(CompleteMultipartUploadCommand)[0]?.args[0].input).toEqual({
    ...place,
    UploadId: "1",
    MultipartUpload: {
      Parts: [
        { ETag: "1", PartNumber: 1 },
        { ETag: "2", PartNumber: 2 },
      ],
    },
  });
  expect(s3.calls()).toHaveLength(4);
});

test("a mock without any answer is enough for a body of one part", async () => {
  const upload = new Upload({ client, params: { ...place, Body: "hello" } });
  expect(await upload.done()).toEqual({
    ...place,
    Location: "https://bucket.s3.eu-central-1.amazonaws.com/key",
  });
  expect(s3.commandCalls(PutObjectCommand)[0]?.args[0].input).toEqual({
    ...place,
    Body: Buffer.from("hello"),
  });
});

test("a part that a mock refuses is told to the caller as the mock has said it, and aborted once", async () => {
  const failure = new Error("no such luck");
  s3.on(CreateMultipartUploadCommand).resolves({ UploadId: "1" });
  s3.on(UploadPartCommand).rejects(failure);
  const upload = new Upload({ client, params: { ...place, Body: Buffer.alloc(6 * MiB) } });
  await expect(upload.done()).rejects.toThrow("no such luck");
  expect(s3.commandCalls(AbortMultipartUploadCommand)).toHaveLength(1);
});

test("a refused Complete is not looked after when it is a mock that has refused it", async () => {
  s3.on(CreateMultipartUploadCommand).resolves({ UploadId: "1" });
  s3.on(UploadPartCommand).resolves({ ETag: "1" });
  s3.on(CompleteMultipartUploadCommand).rejects("no such luck");
  const upload = new Upload({ client, params: { ...place, Body: Buffer.alloc(6 * MiB) } });
  await expect(upload.done()).rejects.toThrow("no such luck");
  expect(s3.commandCalls(AbortMultipartUploadCommand)).toHaveLength(1);
});

test("an abort does not wait for a mock that never answers", async () => {
  s3.on(CreateMultipartUploadCommand).resolves({ UploadId: "1" });
  s3.on(UploadPartCommand).callsFake(() => new Promise(() => undefined));
  const upload = new Upload({ client, params: { ...place, Body: Buffer.alloc(6 * MiB) } });
  const done = upload.done();
  await expect.poll(() => s3.commandCalls(UploadPartCommand).length).toBe(2);
  await upload.abort();
  await expect(done).rejects.toMatchObject({ name: "AbortError", message: "Upload aborted." });
  expect(s3.commandCalls(AbortMultipartUploadCommand)).toHaveLength(1);
});

test("a command has the params that S3 takes there, and no others", async () => {
  s3.on(CreateMultipartUploadCommand).resolves({ UploadId: "1" });
  s3.on(UploadPartCommand).resolves({ ETag: "1" });
  s3.on(CompleteMultipartUploadCommand).rejects("no such luck");
  const access = { ...place, RequestPayer: "requester", ExpectedBucketOwner: "111122223333" } as const;
  const key = { SSECustomerAlgorithm: "AES256", SSECustomerKey: "key", SSECustomerKeyMD5: "md5" };
  const object = {
    ACL: "private",
    ContentType: "a/b",
    Metadata: { a: "b" },
    StorageClass: "GLACIER",
  } as const;
  const params = { ...access, ...key, ...object, IfNoneMatch: "*", ContentLength: 6 * MiB };
  const upload = new Upload({ client, params: { ...params, Body: Buffer.alloc(6 * MiB) } });
  await expect(upload.done()).rejects.toThrow("no such luck");
  const inputOf = (index: number) => {
    const { Body: _bytes, ...input } = s3.call(index).args[0].input as Record<string, unknown>;
    return input;
  };
  expect([0, 1, 3, 4].map(inputOf)).toEqual([
    { ...access, ...key, ...object, ChecksumAlgorithm: "CRC32" },
    { ...access, ...key, UploadId: "1", PartNumber: 1 },
    { ...access, ...key, UploadId: "1", IfNoneMatch: "*", MultipartUpload: expect.anything() },
    { ...access, UploadId: "1" },
  ]);
});

test("tags are put with the object's place and nothing else", async () => {
  s3.on(PutObjectCommand).resolves({ ETag: "1" });
  const tags = [{ Key: "a", Value: "b" }];
  await new Upload({
    client,
    params: { ...place, Body: Readable.from(["x"]), ContentType: "a/b" },
    tags,
  }).done();
  expect(s3.commandCalls(PutObjectTaggingCommand)[0]?.args[0].input).toEqual({
    ...place,
    Tagging: { TagSet: tags },
  });
});

test("an upload is an emitter for all who take one", async () => {
  const upload = new Upload({ client, params: { ...place, Body: "hello" } });
  const emitter: Pick<EventEmitter, keyof EventEmitter> = upload as unknown as EventEmitter;
  for (const name of Object.getOwnPropertyNames(EventEmitter.prototype)) {
    if (name === "constructor" || name.startsWith("_")) continue;
    expect([name, typeof Reflect.get(upload, name)]).toEqual([name, "function"]);
  }
  const heard = once(emitter, "httpUploadProgress");
  await upload.done();
  expect(await heard).toEqual([{ ...place, part: 1, loaded: 5, total: 5 }]);
  expect(upload.listenerCount("httpUploadProgress")).toBe(0);
});
