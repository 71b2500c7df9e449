import { createHash } from "node:crypto";
import { type FetchStoreOptions, fetchStore, QUIRKS } from "@sluice/s3-fetch";
import { describe, expect, test } from "vitest";
import { bytes, failureOf, streamOf } from "./recorder.js";
import { type Asked, recordingFetch } from "./recording-fetch.js";

const credentials = { accessKeyId: "A", secretAccessKey: "B" };

function subject(
  options: Partial<FetchStoreOptions> = {},
  answer?: (asked: Asked, count: number) => Response,
) {
  const { fetch, seen } = recordingFetch(answer);
  return { store: fetchStore({ region: "us-east-1", credentials, fetch, ...options }), seen };
}

const urlOf = async (options: Partial<FetchStoreOptions>, bucket: string, key: string) => {
  const { store, seen } = subject(options);
  await store.head({ bucket, key });
  return seen[0]!.url.href;
};

describe("an address", () => {
  test.each([
    [{}, "photos", "https://photos.s3.us-east-1.amazonaws.com/k"],
    [{ region: "eu-west-3" }, "photos", "https://photos.s3.eu-west-3.amazonaws.com/k"],
    [{ region: "cn-north-1" }, "photos", "https://photos.s3.cn-north-1.amazonaws.com.cn/k"],
    [
      { endpoint: "http://127.0.0.1:9000", forcePathStyle: false },
      "photos",
      "http://127.0.0.1:9000/photos/k",
    ],
    [{ endpoint: "http://[::1]:9000", forcePathStyle: false }, "photos", "http://[::1]:9000/photos/k"],
    [{ forcePathStyle: true }, "photos", "https://s3.us-east-1.amazonaws.com/photos/k"],
    [{}, "with.dots", "https://s3.us-east-1.amazonaws.com/with.dots/k"],
    [{}, "Old_Name", "https://s3.us-east-1.amazonaws.com/Old_Name/k"],
    [{ endpoint: "http://127.0.0.1:9000" }, "photos", "http://127.0.0.1:9000/photos/k"],
    [{ endpoint: "http://[::1]:9000/" }, "photos", "http://[::1]:9000/photos/k"],
    [{ endpoint: "https://store.local/s3//" }, "photos", "https://store.local/s3/photos/k"],
    [{ endpoint: "https://oss.local", forcePathStyle: false }, "photos", "https://photos.oss.local/k"],
    [
      { endpoint: "https://a.r2.cloudflarestorage.com", region: "auto" },
      "photos",
      "https://a.r2.cloudflarestorage.com/photos/k",
    ],
  ])("for %j and the bucket %s is %s", async (options, bucket, url) => {
    expect(await urlOf(options, bucket, "k")).toBe(url);
  });

  test.each([
    ["a//b/", "a//b/"],
    ["/", "/"],
    ["a+b c", "a%2Bb%20c"],
    ["%2F%41", "%252F%2541"],
    ["!'()*~-_.", "%21%27%28%29%2A~-_."],
    ["ü/日本/😀", "%C3%BC/%E6%97%A5%E6%9C%AC/%F0%9F%98%80"],
    ["a\\b\n\t\u0000?#", "a%5Cb%0A%09%00%3F%23"],
    ["..a/b..", "..a/b.."],
  ])("keeps the key %j as it is", async (key, path) => {
    const url = await urlOf({ endpoint: "https://store.local" }, "b", key);
    expect(url).toBe(`https://store.local/b/${path}`);
  });

  test.each(["a/../b", "..", "./a", "a/."])(
    "is not made of the key %j, which a URL would change",
    async (key) => {
      const { store, seen } = subject();
      expect(await failureOf(store.get({ bucket: "b", key }))).toMatchObject({
        code: "InvalidArgument",
        retryable: false,
      });
      expect(seen).toEqual([]);
    },
  );

  test("is not made of no key: that would be the bucket's own", async () => {
    const { store, seen } = subject();
    const nothing = { bucket: "b", key: "" };
    const cancelled: unknown[] = [];
    const stream = streamOf([bytes(1)], (why) => cancelled.push(why));
    for (const request of [store.put(nothing, { stream, length: 1 }), store.delete(nothing)]) {
      expect((await failureOf(request)).code).toBe("InvalidArgument");
    }
    expect([seen.length, cancelled.length]).toEqual([0, 1]);
  });

  test.each(["", "..", "a/b", "a?b", "-a", "a".repeat(256)])(
    "is not made of the bucket %j",
    async (bucket) => {
      const { store, seen } = subject();
      expect((await failureOf(store.list(bucket))).code).toBe("InvalidBucketName");
      expect(seen).toEqual([]);
    },
  );

  test.each(["ftp://a", "nonsense", "https://user:password@a", "https://a/?b", "https://a#b"])(
    "is not made of the endpoint %s",
    (endpoint) => {
      expect(() => fetchStore({ endpoint, region: "us-east-1", credentials })).toThrow(
        expect.objectContaining({ code: "ERR_INVALID_VALUE", what: "endpoint" }),
      );
      expect(() => fetchStore({ endpoint, region: "us-east-1", credentials })).not.toThrow(/password/);
    },
  );

  test("is not made of half a character", async () => {
    expect((await failureOf(subject().store.head({ bucket: "b", key: "a\ud800" }))).code).toBe(
      "InvalidArgument",
    );
  });
});

describe("headers", () => {
  test.each([
    { metadata: { colour: "grün" } },
    { metadata: { colour: "a\nb" } },
    { metadata: { "a b": "c" } },
  ])("that HTTP cannot carry are refused: %j", async (options) => {
    const { store, seen } = subject();
    await expect(store.put({ bucket: "b", key: "k" }, bytes(1), options)).rejects.toMatchObject({
      code: "ERR_INVALID_VALUE",
    });
    expect(seen).toEqual([]);
  });
});

describe("a store that does otherwise than Amazon's", () => {
  const at = { bucket: "b", key: "k" };
  const b2 = { endpoint: "https://s3.eu-central-003.backblazeb2.com" };
  const crc32 = { algorithm: "crc32", value: "AAAAAA==" } as const;
  const sums = (asked: Asked) => [...asked.headers.keys()].filter((name) => name.includes("checksum"));

  test("is known by its endpoint, and gets an MD5 in the place of a checksum", async () => {
    const { store, seen } = subject(b2);
    const body = bytes(100);
    const value = createHash("sha256").update(body).digest("base64");
    await store.put(at, body, { checksum: { algorithm: "sha256", value } });
    await store.head(at);
    expect(seen.flatMap(sums)).toEqual([]);
    expect(seen[0]!.headers.get("content-md5")).toBe(createHash("md5").update(body).digest("base64"));
  });

  test("is not sent bytes that do not have the checksum they came with", async () => {
    const { store, seen } = subject(b2);
    expect(await failureOf(store.put(at, bytes(100), { checksum: crc32 }))).toMatchObject({
      code: "BadDigest",
    });
    expect(seen).toEqual([]);
  });

  test("refuses the checksum of a stream, which it could not check, and lets go of it", async () => {
    const { store, seen } = subject(b2);
    const cancelled: unknown[] = [];
    const stream = streamOf([bytes(1)], (why) => cancelled.push(why));
    const put = store.put(at, { stream, length: 1 }, { checksum: crc32 });
    expect((await failureOf(put)).code).toBe("NotImplemented");
    expect([seen.length, cancelled.length]).toEqual([0, 1]);
  });

  test("is told the size of a completed upload only if it takes it", async () => {
    const done = () =>
      new Response("<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>");
    const complete = async (options: Partial<FetchStoreOptions>) => {
      const { store, seen } = subject(options, done);
      await store.completeMultipart({ ...at, uploadId: "u" }, [{ partNumber: 1, etag: "e" }], { size: 7 });
      return seen[0]!.headers.get("x-amz-mp-object-size");
    };
    expect(await complete({})).toBe("7");
    expect(await complete({ endpoint: "https://a.r2.cloudflarestorage.com" })).toBeNull();
    expect(await complete({ quirks: { objectSize: false } })).toBeNull();
    expect(await complete({ ...b2, quirks: { objectSize: true } })).toBe("7");
  });

  test("lists keys as they are if it cannot encode them", async () => {
    const page = () =>
      new Response("<ListBucketResult><Contents><Key>a+b%20</Key></Contents></ListBucketResult>");
    const { store, seen } = subject({ quirks: { encodedListings: false } }, page);
    expect((await store.list("b")).objects[0]!.key).toBe("a+b%20");
    expect(seen[0]!.url.search).not.toContain("encoding-type");
  });

  test("stands in a table by the end of its host's name", () => {
    expect(Object.keys(QUIRKS)).toContain("r2.cloudflarestorage.com");
    expect(subject({ endpoint: "https://a.r2.cloudflarestorage.com" }).store.limits.equalParts).toBe(true);
    // Not by any part of it.
    expect(subject({ endpoint: "https://backblazeb2.com.local" }).store).toBeDefined();
  });
});

describe("a batch deletion", () => {
  test("sends every character of its keys, and takes a key for deleted unless it is told otherwise", async () => {
    const answer = () =>
      new Response(
        "<DeleteResult><Error><Key>b</Key><Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>",
      );
    const bodies: string[] = [];
    const alone: string[] = [];
    const store = fetchStore({
      region: "us-east-1",
      credentials,
      fetch: async (url, { method, body }) => {
        if (method === "DELETE") {
          alone.push(url);
          return new Response(null, { status: url.endsWith("%02") ? 403 : 204 });
        }
        bodies.push(await new Response(body ?? null).text());
        return answer();
      },
    });
    expect(await store.deleteMany("bucket", ["a&<", "b", "c\u0001", "d\n", "e\u0002"])).toMatchObject({
      deleted: ["a&<", "c\u0001", "d\n"],
      failed: [
        { key: "b", code: "AccessDenied", message: "no" },
        { key: "e\u0002", code: "AccessDenied" },
      ],
    });
    expect(bodies).toHaveLength(1);
    expect(bodies[0]).toContain("<Key>a&#x26;&#x3c;</Key>");
    expect(bodies[0]).toContain("<Key>d&#xa;</Key>");
    // XML cannot name them, so that each is deleted by its own URL.
    expect(alone.map((url) => new URL(url).pathname)).toEqual(["/c%01", "/e%02"]);
    expect(await store.deleteMany("bucket", [])).toEqual({ deleted: [], failed: [] });
    expect(bodies).toHaveLength(1);
  });
});
