import { createHash } from "node:crypto";
import type { ObjectStore } from "@sluice/object-store";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bytes, Recorder, xml } from "./recorder.js";

const at = { bucket: "b", key: "k" };
const upload = { ...at, uploadId: "u" };
const part = { partNumber: 1, etag: '"e"' };

let server: Recorder;
let store: ObjectStore;
beforeEach(async () => {
  server = await Recorder.start();
  store = server.store("node");
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
      name === "create"
        ? CREATED
        : name === "complete"
          ? COMPLETED
          : (_request, response) => response.setHeader("content-length", 0).end();
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
        response
          .writeHead(200, { expires: header, "x-amz-storage-class": "GLACIER", "content-length": 0 })
          .end();
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
