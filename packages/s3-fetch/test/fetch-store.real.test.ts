import { createHash, randomUUID } from "node:crypto";
import { env } from "node:process";
import { presignedStore, presigner } from "@sluice/s3-fetch";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect, KINDS } from "./real-server.js";
import { bytes, failureOf, streamOf } from "./recorder.js";

const MiB = 2 ** 20;
const bucket = `sluice-${randomUUID()}`;

const admin = connect("node");
beforeAll(() => admin.buckets!.create(bucket));
afterAll(async () => {
  for (const upload of (await admin.listMultiparts(bucket)).uploads) await admin.abortMultipart(upload);
  const { objects } = await admin.list(bucket);
  await admin.deleteMany(
    bucket,
    objects.map(({ key }) => key),
  );
  await admin.buckets!.delete(bucket);
});

describe.each(KINDS)("over %s,", (kind) => {
  const store = connect(kind);

  const contentOf = async (key: string): Promise<Buffer> =>
    Buffer.from(await new Response((await store.get({ bucket, key })).body).arrayBuffer());

  describe("an object on a real server", () => {
    const at = { bucket, key: "a b+c/ü&<>'\"?#%.txt" };

    test("comes back byte for byte, with its headers", async () => {
      const body = bytes(3 * MiB + 1);
      const { etag } = await store.put(at, [body.subarray(0, 100), body.subarray(100)], {
        contentType: "text/plain",
        cacheControl: "no-store",
        metadata: { colour: "blue" },
        contentMd5: createHash("md5").update(body).digest("base64"),
      });
      expect(etag).toBe(`"${createHash("md5").update(body).digest("hex")}"`);
      expect((await contentOf(at.key)).equals(body)).toBe(true);
      expect(await store.head(at)).toMatchObject({
        size: body.length,
        etag,
        contentType: "text/plain",
        cacheControl: "no-store",
        metadata: { colour: "blue" },
      });
      const part = await store.get(at, { range: { start: body.length - 5 }, ifMatch: etag });
      expect(part.range).toEqual({ start: body.length - 5, end: body.length - 1 });
      expect(part.size).toBe(body.length);
      expect(Buffer.from(await new Response(part.body).arrayBuffer()).equals(body.subarray(-5))).toBe(true);
    });

    test("is written from a stream, and not at all from one of the wrong length", async () => {
      const chunks = [bytes(100_000), bytes(5), bytes(70_000)];
      await store.put({ bucket, key: "stream" }, { stream: streamOf(chunks), length: 170_005 });
      expect((await contentOf("stream")).equals(Buffer.concat(chunks))).toBe(true);
      for (const length of [170_004, 170_006]) {
        const put = store.put({ bucket, key: "wrong" }, { stream: streamOf(chunks), length });
        expect((await failureOf(put)).code).toBe("IncompleteBody");
      }
      expect((await failureOf(store.head({ bucket, key: "wrong" }))).code).toBe("NoSuchKey");
    });

    test("has any key that a URL can have", async () => {
      const keys = [
        "a//b/",
        "/lead",
        "+ %2F%",
        "!'()*~-_.$&,:;=@",
        '<&>"\\?#|^`{}[]',
        "ü/日本/😀",
        "..a/b..",
        "tab\tline\nbell\u0007",
      ];
      const prefix = `awkward-${kind}/`;
      for (const [i, key] of keys.entries()) await store.put({ bucket, key: prefix + key }, bytes(i + 1));
      const { objects } = await store.list(bucket, { prefix });
      expect(new Map(objects.map(({ key, size }) => [key, size]))).toEqual(
        new Map(keys.map((key, i) => [prefix + key, i + 1])),
      );
      for (const [i, key] of keys.entries())
        expect((await store.head({ bucket, key: prefix + key })).size).toBe(i + 1);
      await store.copy({ bucket, key: prefix + keys[2]! }, { bucket, key: `${prefix}copy of ${keys[2]}` });
      const all = [...keys.map((key) => prefix + key), `${prefix}copy of ${keys[2]}`];
      const { deleted, failed } = await store.deleteMany(bucket, all);
      expect([deleted, failed]).toEqual([all, []]);
      expect((await store.list(bucket, { prefix })).objects).toEqual([]);
    });

    test("may be empty", async () => {
      await store.put({ bucket, key: "empty" }, new Uint8Array(0));
      const got = await store.get({ bucket, key: "empty" });
      expect([got.size, got.range]).toEqual([0, { start: 0, end: -1 }]);
      expect(await new Response(got.body).text()).toBe("");
    });

    test("is refused when it differs from its MD5", async () => {
      const put = store.put({ bucket, key: "bad" }, bytes(10), { contentMd5: "1B2M2Y8AsgTpgAmY7PhCfg==" });
      expect(await failureOf(put)).toMatchObject({ code: "BadDigest", status: 400 });
    });

    test("is copied, listed and deleted", async () => {
      await store.put({ bucket, key: "list/1" }, bytes(1), { contentType: "a/b" });
      await store.copy({ bucket, key: "list/1" }, { bucket, key: "list/2 +" });
      await store.copy(
        { bucket, key: "list/1" },
        { bucket, key: "list/deep/3" },
        { replaceHeaders: true, contentType: "c/d" },
      );
      expect((await store.head({ bucket, key: "list/2 +" })).contentType).toBe("a/b");
      expect((await store.head({ bucket, key: "list/deep/3" })).contentType).toBe("c/d");

      const page = await store.list(bucket, { prefix: "list/", delimiter: "/" });
      expect(page.objects.map(({ key }) => key)).toEqual(["list/1", "list/2 +"]);
      expect(page.commonPrefixes).toEqual(["list/deep/"]);
      const first = await store.list(bucket, { prefix: "list/", limit: 2 });
      const rest = await store.list(bucket, { prefix: "list/", continuation: first.next });
      expect([...first.objects, ...rest.objects]).toHaveLength(3);

      const gone = await store.deleteMany(bucket, ["list/1", "list/2 +", "list/none"]);
      expect([...gone.deleted].sort()).toEqual(["list/1", "list/2 +", "list/none"]);
      await store.delete({ bucket, key: "list/deep/3" });
      await store.delete({ bucket, key: "list/deep/3" });
      expect((await store.list(bucket, { prefix: "list/" })).objects).toEqual([]);
    });
  });

  describe("a multipart upload on a real server", () => {
    test("becomes one object, in the order of its parts", async () => {
      const upload = await store.createMultipart({ bucket, key: "parts" }, { contentType: "x/y" });
      const large = bytes(5 * MiB);
      const small = bytes(17);
      const second = await store.putPart(upload, 2, small);
      const first = await store.putPart(upload, 1, [large.subarray(0, 9), large.subarray(9)]);
      expect((await store.listParts(upload)).parts.map(({ partNumber, size }) => [partNumber, size])).toEqual(
        [
          [1, large.length],
          [2, small.length],
        ],
      );
      expect((await store.listParts(upload, { limit: 1 })).next).toBe(1);
      await store.completeMultipart(upload, [first, second]);
      expect((await contentOf("parts")).equals(Buffer.concat([large, small]))).toBe(true);
      expect((await store.head({ bucket, key: "parts" })).contentType).toBe("x/y");
    });

    test("is gone when it is aborted", async () => {
      const at = { bucket, key: "aborted: a b+ü%20" };
      const uploads = [await store.createMultipart(at), await store.createMultipart(at)];
      const part = await store.putPart(uploads[0]!, 1, bytes(10));
      const first = await store.listMultiparts(bucket, { prefix: "aborted", limit: 1 });
      const second = await store.listMultiparts(bucket, { prefix: "aborted", continuation: first.next });
      expect([...first.uploads, ...second.uploads].map(({ key }) => key)).toEqual([at.key, at.key]);
      expect([...first.uploads, ...second.uploads].map(({ uploadId }) => uploadId).sort()).toEqual(
        uploads.map(({ uploadId }) => uploadId).sort(),
      );
      for (const upload of uploads) await store.abortMultipart(upload);
      expect((await store.listMultiparts(bucket, { prefix: "aborted" })).uploads).toEqual([]);
      expect((await failureOf(store.putPart(uploads[0]!, 2, bytes(10)))).code).toBe("NoSuchUpload");
      await failureOf(store.completeMultipart(uploads[0]!, [part]));
      expect((await failureOf(store.head(at))).code).toBe("NoSuchKey");
    });

    test("stops at once when a part is aborted", async () => {
      const upload = await store.createMultipart({ bucket, key: "stopped" });
      const stop = new AbortController();
      let pulls = 0;
      const stream = new ReadableStream<Uint8Array>({
        pull(controller) {
          controller.enqueue(bytes(100_000));
          if (++pulls === 10) stop.abort("enough");
        },
      });
      const part = store.putPart(upload, 1, { stream, length: 2 ** 30 }, { signal: stop.signal });
      await expect(part).rejects.toBe("enough");
      expect((await store.listParts(upload)).parts).toEqual([]);
      await store.abortMultipart(upload);
    });
  });

  describe("an error of a real server", () => {
    const at = { bucket, key: "errors" };

    test("names what is missing", async () => {
      expect(await failureOf(store.get({ bucket, key: "none" }))).toMatchObject({
        code: "NoSuchKey",
        status: 404,
      });
      expect(await failureOf(store.head({ bucket, key: "none" }))).toMatchObject({
        code: "NoSuchKey",
        status: 404,
      });
      const elsewhere = { bucket: `none-${randomUUID()}`, key: "k" };
      expect((await failureOf(store.get(elsewhere))).code).toBe("NoSuchBucket");
      expect((await failureOf(store.put(elsewhere, bytes(1)))).code).toBe("NoSuchBucket");
      expect((await failureOf(store.buckets!.head(elsewhere.bucket))).code).toBe("NoSuchBucket");
      expect((await failureOf(store.get({ bucket, key: "none" }))).requestId).toBeTruthy();
    });

    test("names the condition that failed", async () => {
      await store.put(at, bytes(10));
      const { etag } = await store.head(at);
      expect((await failureOf(store.get(at, { ifMatch: '"other"' }))).code).toBe("PreconditionFailed");
      expect((await failureOf(store.get(at, { ifNoneMatch: etag }))).code).toBe("NotModified");
      expect((await failureOf(store.get(at, { range: { start: 10 } }))).code).toBe("InvalidRange");
      expect((await failureOf(store.put(at, bytes(1), { ifNoneMatch: "*" }))).code).toBe(
        "PreconditionFailed",
      );
    });

    test("tells wrong keys, also before a large body has been sent", async () => {
      const accessKeyId = env.AWS_ACCESS_KEY_ID!;
      const forged = connect(kind, { credentials: { accessKeyId, secretAccessKey: "wrong" } });
      const stranger = connect(kind, {
        credentials: { accessKeyId: "NOBODYATALL", secretAccessKey: "wrong" },
      });
      for (const body of [bytes(10), new Uint8Array(24 * MiB)]) {
        expect(await failureOf(forged.put(at, body))).toMatchObject({
          code: "SignatureDoesNotMatch",
          retryable: false,
        });
        expect(await failureOf(stranger.put(at, body))).toMatchObject({
          code: "InvalidAccessKeyId",
          retryable: false,
        });
      }
    });
  });
});

test("presigned URLs carry a whole upload for whoever has no credentials", async () => {
  const connection = {
    endpoint: env.SLUICE_S3_ENDPOINT,
    region: env.AWS_REGION!,
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID!, secretAccessKey: env.AWS_SECRET_ACCESS_KEY! },
  };
  const presign = presigner(connection);
  const store = presignedStore({
    presign: ({ method, bucket: name = "", key, query, headers }) =>
      presign(method, { bucket: name, key }, { expires: 60, query, headers }),
  });
  const at = { bucket, key: "by url/ü+&" };
  const upload = await store.createMultipart(at, { contentType: "x/y" });
  const part = await store.putPart(upload, 1, { stream: streamOf([bytes(70_000)]), length: 70_000 });
  await store.completeMultipart(upload, [part]);
  const got = await store.get(at, { range: { start: 10, end: 69_999 } });
  expect([got.size, got.contentType]).toEqual([70_000, "x/y"]);
  expect(Buffer.from(await new Response(got.body).arrayBuffer()).equals(bytes(70_000).subarray(10))).toBe(
    true,
  );
  expect((await store.list(bucket, { prefix: "by url/" })).objects.map(({ key }) => key)).toEqual([at.key]);
});
