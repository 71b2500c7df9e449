import { createHash } from "node:crypto";
import type { ObjectStore } from "@sluice/object-store";
import { awsStore } from "@sluice/s3-aws-sdk";
import { FetchHttpHandler } from "@smithy/fetch-http-handler";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bytes, Recorder, s3Error, streamOf, xml } from "./recorder.js";

const at = { bucket: "b", key: "k" };
const upload = { ...at, uploadId: "u" };
const part = { partNumber: 1, etag: '"e"' };

let server: Recorder;
let store: ObjectStore;
beforeEach(async () => {
  server = await Recorder.start();
  store = awsStore(server.client());
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

const CREATED = xml(
  200,
  "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>",
);
const COMPLETED = xml(
  200,
  "<CompleteMultipartUploadResult><Key>k</Key><ETag>e</ETag></CompleteMultipartUploadResult>",
);

/** The `x-amz-` headers of each request of an upload, but for those of every signed request. */
async function requests(options: object): Promise<Record<string, Record<string, unknown>>> {
  const steps: Record<string, () => Promise<unknown>> = {
    put: () => store.put(at, bytes(3), options),
    create: () => store.createMultipart(at, options),
    part: () => store.putPart(upload, 1, bytes(3), options),
    copy: () => store.copyPart(upload, 1, at, options),
    list: () => store.listParts(upload, options),
    complete: () => store.completeMultipart(upload, [part], options),
    abort: () => store.abortMultipart(upload, options),
    head: () => store.head(at, options),
  };
  const seen: Record<string, Record<string, unknown>> = {};
  for (const [name, step] of Object.entries(steps)) {
    server.answer =
      name === "create" ? CREATED : name === "complete" ? COMPLETED : (_request, response) => response.end();
    if (name === "list") server.answer = xml(200, "<ListPartsResult/>");
    if (name === "copy") server.answer = xml(200, "<CopyPartResult><ETag>e</ETag></CopyPartResult>");
    await step();
    seen[name] = Object.fromEntries(
      Object.entries(server.seen.at(-1)!.headers).filter(
        ([header]) =>
          header.startsWith("x-amz-") &&
          !/^x-amz-(date|content-sha256|user-agent|checksum-mode|sdk-.*)$/.test(header),
      ),
    );
  }
  return seen;
}

describe("what surrounds an object", () => {
  test("is said where the object begins, and nowhere else", async () => {
    const options = {
      tags: { colour: "light blue", "a&b": "=" },
      acl: "bucket-owner-full-control",
      storageClass: "STANDARD_IA",
      encryption: { type: "aws:kms" as const, keyId: "key-1", context: { team: "x" }, bucketKey: true },
    };
    const expected = {
      "x-amz-tagging": "colour=light%20blue&a%26b=%3D",
      "x-amz-acl": "bucket-owner-full-control",
      "x-amz-storage-class": "STANDARD_IA",
      "x-amz-server-side-encryption": "aws:kms",
      "x-amz-server-side-encryption-aws-kms-key-id": "key-1",
      "x-amz-server-side-encryption-context": btoa('{"team":"x"}'),
      "x-amz-server-side-encryption-bucket-key-enabled": "true",
    };
    expect(await requests(options)).toEqual({
      put: expected,
      create: expected,
      part: {},
      copy: { "x-amz-copy-source": "b/k" },
      list: {},
      complete: {},
      abort: {},
      head: {},
    });
  });

  test("that only names the store's own encryption names no key", async () => {
    const { put, create } = await requests({ encryption: { type: "AES256" } });
    expect([put, create]).toEqual(Array(2).fill({ "x-amz-server-side-encryption": "AES256" }));
  });

  test("the owner of the bucket is expected by every request", async () => {
    const expected = { "x-amz-expected-bucket-owner": "123456789012" };
    const { copy, ...others } = await requests({ expectedBucketOwner: "123456789012" });
    expect(Object.values(others)).toEqual(Array(7).fill(expected));
    expect(copy).toEqual({ ...expected, "x-amz-copy-source": "b/k" });
  });

  test("a key of one's own comes with every request that has to do with the bytes, and its MD5", async () => {
    const customerKey = bytes(32);
    const expected = {
      "x-amz-server-side-encryption-customer-algorithm": "AES256",
      "x-amz-server-side-encryption-customer-key": Buffer.from(customerKey).toString("base64"),
      "x-amz-server-side-encryption-customer-key-md5": createHash("md5").update(customerKey).digest("base64"),
    };
    const { abort, copy, ...others } = await requests({ customerKey });
    expect(Object.values(others)).toEqual(Array(6).fill(expected));
    expect(copy).toEqual({ ...expected, "x-amz-copy-source": "b/k" });
    server.answer = xml(200, "<CopyPartResult><ETag>e</ETag></CopyPartResult>");
    await store.copyPart(upload, 1, at, { customerKey, sourceCustomerKey: customerKey });
    const ofTheSource = Object.entries(expected).map(([name, value]) => [
      name.replace("x-amz-", "x-amz-copy-source-"),
      value,
    ]);
    expect(server.seen.at(-1)!.headers).toMatchObject({ ...expected, ...Object.fromEntries(ofTheSource) });
    expect(abort).toEqual({});
    await expect(store.put(at, bytes(3), { customerKey: bytes(31) })).rejects.toMatchObject({
      code: "InvalidArgument",
      message: "InvalidArgument: a customer's key has 32 bytes, got 31",
    });
  });

  test("an expiry date goes out and comes back, and one that is none is left out", async () => {
    const expires = new Date("2030-01-01T00:00:00Z");
    await store.put(at, bytes(3), { expires });
    expect(server.seen[0]?.headers.expires).toBe("Tue, 01 Jan 2030 00:00:00 GMT");
    for (const [header, found] of [
      [expires.toUTCString(), expires],
      ["never", undefined],
    ] as const) {
      server.answer = (_request, response) =>
        response.setHeader("expires", header).setHeader("x-amz-storage-class", "GLACIER").end();
      expect(await store.head(at)).toMatchObject({ expires: found, storageClass: "GLACIER" });
    }
  });

  test("the store's word about encryption is told, since ETags are no MD5s then", async () => {
    const answers: [Record<string, string>, string | undefined][] = [
      [{}, undefined],
      [{ "x-amz-server-side-encryption": "aws:kms" }, "aws:kms"],
      [{ "x-amz-server-side-encryption-customer-algorithm": "AES256" }, "customer"],
    ];
    for (const [headers, encryption] of answers) {
      server.answer = (_request, response) => response.writeHead(200, { etag: '"e"', ...headers }).end();
      expect((await store.put(at, bytes(3))).encryption).toBe(encryption);
      expect((await store.putPart(upload, 1, bytes(3))).encryption).toBe(encryption);
    }
  });
});

test("the checksum of a full object is announced at the begin, and sent at the end", async () => {
  server.answer = CREATED;
  await store.createMultipart(at, { checksumAlgorithm: "crc64nvme", checksumType: "full-object" });
  server.answer = COMPLETED;
  const checksum = { algorithm: "crc64nvme", value: "AAAAAAAAAAA=", type: "full-object" } as const;
  await store.completeMultipart(upload, [part], { checksum, size: 3 });
  const [created, completed] = server.seen.map(({ headers }) => headers);
  expect(created).toMatchObject({
    "x-amz-checksum-algorithm": "CRC64NVME",
    "x-amz-checksum-type": "FULL_OBJECT",
  });
  expect(completed).toMatchObject({
    "x-amz-checksum-crc64nvme": "AAAAAAAAAAA=",
    "x-amz-checksum-type": "FULL_OBJECT",
    "x-amz-mp-object-size": "3",
  });
});

describe("a transport", () => {
  test("tells how many bytes it has taken, slice by slice, for pieces and for streams", async () => {
    const body = bytes(200_000);
    for (const make of [
      () => body,
      () => [body.subarray(0, 70_000), body.subarray(70_000)],
      () => ({ stream: streamOf([body.subarray(0, 10), body.subarray(10)]), length: body.length }),
    ]) {
      const steps: number[] = [];
      await store.put(at, make(), { onSent: (sent) => steps.push(sent) });
      expect(steps.length).toBeGreaterThan(2);
      expect(Math.max(...steps)).toBeLessThanOrEqual(65_536);
      expect(steps.reduce((sum, step) => sum + step, 0)).toBe(body.length);
    }
  });

  test("that hands bytes to fetch says nothing", async () => {
    const steps: number[] = [];
    const overFetch = awsStore(server.client({ requestHandler: new FetchHttpHandler() }));
    await overFetch.put(at, bytes(200_000), { onSent: (sent) => steps.push(sent) });
    expect(steps).toEqual([]);
  });
});

describe("in the middle of an upload", () => {
  const failure = (work: Promise<unknown>) => work.catch((error: unknown) => error);
  const sendPart = () => failure(store.putPart(upload, 2, bytes(3)));

  test.each([
    [400, "ExpiredToken", true],
    [403, "RequestTimeTooSkewed", true],
    [400, "RequestTimeout", true],
    [403, "AccessDenied", false],
    [403, "SignatureDoesNotMatch", false],
    [400, "InvalidToken", false],
  ])("%i %s: worth another try, signed anew: %s", async (status, code, retryable) => {
    server.answer = s3Error(status, code);
    expect(await sendPart()).toMatchObject({ code, status, retryable });
  });

  test("credentials that were renewed meanwhile sign the next try", async () => {
    let round = 0;
    store = awsStore(
      server.client({
        credentials: async () => ({
          accessKeyId: `KEY${++round}`,
          secretAccessKey: "secret",
          sessionToken: `token${round}`,
          expiration: new Date(Date.now() - 1_000),
        }),
      }),
    );
    server.answer = s3Error(400, "ExpiredToken");
    expect(await sendPart()).toMatchObject({ retryable: true });
    server.answer = (_request, response) => response.setHeader("etag", '"e"').end();
    await store.putPart(upload, 2, bytes(3));
    const tokens = server.seen.map(({ headers }) => headers["x-amz-security-token"]);
    expect(new Set(tokens).size).toBe(2);
  });

  const html = (status: number) =>
    xml(status, "<!doctype html><html><body>Sign in</body></html>", { "content-type": "text/html" });
  test.each([
    [403, "AccessDenied", false],
    [407, "InvalidRequest", false],
    [429, "SlowDown", true],
    [500, "InternalError", true],
    [502, "InternalError", true],
    [503, "SlowDown", true],
    [504, "InternalError", true],
  ])("a page of HTML with the status %i is %s", async (status, code, retryable) => {
    server.answer = html(status);
    expect(await sendPart()).toMatchObject({ code, status, retryable });
    expect(await failure(store.completeMultipart(upload, [part]))).toMatchObject({ code, status, retryable });
  });

  test("a page of HTML with the status 200 publishes nothing, and completes nothing", async () => {
    server.answer = html(200);
    expect(await failure(store.completeMultipart(upload, [part]))).toMatchObject({
      code: "InternalError",
      retryable: true,
    });
    expect(await failure(store.createMultipart(at))).toMatchObject({
      code: "InternalError",
      retryable: true,
    });
    for (const sent of [store.put(at, bytes(3)), store.putPart(upload, 1, bytes(3))])
      expect(await failure(sent)).toMatchObject({ code: "InternalError", retryable: true, status: 200 });
  });
});
