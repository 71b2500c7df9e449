import { inspect } from "node:util";
import { S3Client } from "@aws-sdk/client-s3";
import { S3_LIMITS, StoreError } from "@sluice/object-store";
import { awsStore } from "@sluice/s3-aws-sdk";
import { FetchHttpHandler } from "@smithy/fetch-http-handler";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Answer, bytes, Recorder, s3Error, xml } from "./recorder.js";

const at = { bucket: "b", key: "k" };
const upload = { ...at, uploadId: "u" };

let server: Recorder;
beforeEach(async () => {
  server = await Recorder.start();
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

const failureOf = async (promise: Promise<unknown>): Promise<StoreError> => {
  const error: unknown = await promise.then(
    () => "no failure",
    (why: unknown) => why,
  );
  expect(error).toBeInstanceOf(StoreError);
  return error as StoreError;
};

describe("one part of an object", () => {
  const answer = (status: number, headers: Record<string, string>): Answer => {
    return (request, response) => {
      const length = Number(headers["content-length"]);
      response.writeHead(status, { etag: '"e-3"', ...headers });
      response.end(request.method === "HEAD" ? undefined : bytes(length));
    };
  };
  const told = async () => {
    const store = awsStore(server.client());
    const got = await store.get(at, { partNumber: 2 });
    await got.body.cancel();
    const head = await store.head(at, { partNumber: 2 });
    expect([got.part, got.size, got.checksum]).toEqual([head.part, head.size, head.checksum]);
    expect(server.seen.at(-1)?.url).toContain("partNumber=2");
    return head;
  };
  const second = { "content-length": "10", "content-range": "bytes 20-29/35", "x-amz-mp-parts-count": "3" };
  const range = { start: 20, end: 29 };

  test("is told with the range that it is and with its own checksum", async () => {
    for (const type of ["COMPOSITE", "FULL_OBJECT"]) {
      const checksum = { "x-amz-checksum-crc32": "NhCmhg==", "x-amz-checksum-type": type };
      server.answer = answer(206, { ...second, ...checksum });
      const { part, size, partsCount, checksum: whole } = await told();
      expect(part).toEqual({
        range,
        checksum: { algorithm: "crc32", value: "NhCmhg==", type: "full-object" },
      });
      expect([size, partsCount, whole]).toEqual([35, 3, undefined]);
    }
  });

  test("is not told to have the checksum of the object", async () => {
    server.answer = answer(206, { ...second, "x-amz-checksum-crc32": "NhCmhg==-3" });
    const { part, checksum } = await told();
    expect([part, checksum]).toEqual([{ range, checksum: undefined }, undefined]);
  });

  test("is not told by a store that ignores the number, such as Ceph 16", async () => {
    server.answer = answer(200, { "content-length": "35", "x-amz-checksum-crc32": "NhCmhg==-3" });
    const { part, size, checksum } = await told();
    expect([part, size]).toEqual([undefined, 35]);
    expect(checksum).toEqual({ algorithm: "crc32", value: "NhCmhg==-3", type: "composite" });
  });

  test("without a word on which bytes it is is refused, as its length is not the object's", async () => {
    server.answer = answer(206, { "content-length": "10", "x-amz-mp-parts-count": "3" });
    const store = awsStore(server.client());
    for (const ask of [store.get, store.head]) {
      const failure = await failureOf(ask(at, { partNumber: 2 }));
      expect(failure).toMatchObject({ code: "InternalError", retryable: false });
    }
  });
});

describe("an error", () => {
  test("has the store's code, message, status and request id", async () => {
    server.answer = s3Error(403, "InvalidAccessKeyId", { "x-amz-request-id": "req-7" });
    expect(await failureOf(awsStore(server.client()).get(at))).toMatchObject({
      code: "InvalidAccessKeyId",
      status: 403,
      requestId: "req-7",
      retryable: false,
      message: "InvalidAccessKeyId: about InvalidAccessKeyId",
    });
  });

  test("leads no logger to the credentials of its request, however deep it looks", async () => {
    const store = awsStore(
      server.client({
        credentials: {
          accessKeyId: "KEYKEYKEY",
          secretAccessKey: "secretsecret",
          sessionToken: "tokentoken",
        },
      }),
    );
    const refusals = [s3Error(403, "Refused"), s3Error(500, "Refused"), xml(200, "<not xml")];
    const hangUp: Answer = (request) => request.socket.destroy();
    const breakOff: Answer = (request, response) =>
      response.writeHead(200, { "content-length": "1000" }).write("<", () => request.socket.destroy());
    for (const answer of [...refusals, hangUp, breakOff]) {
      server.answer = answer;
      const failure = await failureOf(store.list("b"));
      const everything = inspect(failure, { depth: Number.POSITIVE_INFINITY, showHidden: true });
      expect(everything).not.toMatch(/KEYKEYKEY|secretsecret|tokentoken|Signature=/);
    }
  });

  test("comes after one try: retrying is the business of the layer above", async () => {
    server.answer = s3Error(503, "SlowDown");
    const store = awsStore(server.client({ maxAttempts: 5 }));
    await failureOf(store.get(at));
    await failureOf(store.put(at, bytes(10)));
    await failureOf(store.list("b"));
    expect(server.seen).toHaveLength(3);
  });

  test.each([
    ["Retry-After", "2", 2000],
    ["Retry-After", new Date(Date.now() + 3_600_000).toUTCString(), 3_590_000],
    ["x-amz-retry-after", "1500", 1500],
  ])("says how long to wait, from %s: %s", async (header, value, atLeast) => {
    server.answer = s3Error(503, "SlowDown", { [header]: value });
    const { retryAfter, retryable } = await failureOf(awsStore(server.client()).get(at));
    expect(retryable).toBe(true);
    expect(retryAfter).toBeGreaterThanOrEqual(atLeast);
    expect(retryAfter).toBeLessThanOrEqual(atLeast + 10_000);
  });

  test.each([
    [304, "NotModified", false],
    [403, "AccessDenied", false],
    [404, "NoSuchKey", false],
    [412, "PreconditionFailed", false],
    [416, "InvalidRange", false],
    [429, "SlowDown", true],
    [500, "InternalError", true],
    [502, "InternalError", true],
    [503, "SlowDown", true],
  ])("without a body is told by its status: %i is %s", async (status, code, retryable) => {
    server.answer = (_request, response) => response.writeHead(status).end();
    const store = awsStore(server.client());
    expect(await failureOf(store.head(at))).toMatchObject({ code, status, retryable });
    expect(await failureOf(store.get(at))).toMatchObject({ code, status, retryable });
  });

  test("that a proxy wrote in HTML is told by its status", async () => {
    server.answer = (_request, response) =>
      response
        .writeHead(502, { "content-type": "text/html" })
        .end("<html><body>Bad gateway<br></body></html>");
    const error = await failureOf(awsStore(server.client()).list("b"));
    expect(error).toMatchObject({ code: "InternalError", status: 502, retryable: true });
  });

  test("that is no XML in a 200 is worth another try", async () => {
    server.answer = xml(200, "<ListBucketResult><Contents>");
    expect(await failureOf(awsStore(server.client()).list("b"))).toMatchObject({
      code: "InternalError",
      retryable: true,
    });
  });

  test("of a missing bucket or upload has its own code even without a body", async () => {
    server.answer = (_request, response) => response.writeHead(404).end();
    const store = awsStore(server.client());
    expect((await failureOf(store.buckets!.head("b"))).code).toBe("NoSuchBucket");
    expect((await failureOf(store.listParts(upload))).code).toBe("NoSuchUpload");
  });

  test.each(["", "\n"])("inside a 200 is an error (trailing %j)", async (tail) => {
    const store = awsStore(server.client());
    server.answer = xml(200, `<Error><Code>InternalError</Code><Message>late</Message></Error>${tail}`);
    const parts = [{ partNumber: 1, etag: '"e"' }];
    expect(await failureOf(store.completeMultipart(upload, parts))).toMatchObject({
      code: "InternalError",
      retryable: true,
      status: 200,
    });
    for (const copying of [store.copy(at, { ...at, key: "2" }), store.copyPart(upload, 1, at)]) {
      expect(await failureOf(copying)).toMatchObject({ code: "InternalError", retryable: true });
    }
  });

  test("of the network names the endpoint and the errno, and no secret", async () => {
    const gone = await Recorder.start();
    const client = gone.client({ maxAttempts: 3 });
    const { endpoint } = gone;
    await gone[Symbol.asyncDispose]();
    const error = await failureOf(awsStore(client).put(at, bytes(100_000)));
    expect(error).toMatchObject({ code: "NetworkError", retryable: true, status: undefined });
    expect(error.message).toContain(endpoint);
    expect(error.message).toContain("ECONNREFUSED");
    expect(error.message).not.toMatch(/KEYKEYKEY|secret|Signature/);
  });

  test("of the network comes over fetch as well", async () => {
    const gone = await Recorder.start();
    const client = gone.client({ requestHandler: new FetchHttpHandler() });
    await gone[Symbol.asyncDispose]();
    const error = await failureOf(awsStore(client).get(at));
    expect(error).toMatchObject({ code: "NetworkError", retryable: true });
    expect(error.message).toContain("ECONNREFUSED");
  });

  test("of credentials that cannot be had is no error of the network", async () => {
    const client = server.client({
      credentials: async () => {
        throw new Error("no profile");
      },
    });
    expect(await failureOf(awsStore(client).get(at))).toMatchObject({
      code: "ClientError",
      retryable: false,
    });
    expect(server.seen).toEqual([]);
  });
});

describe("a completed upload", () => {
  test("must name its parts in ascending order", async () => {
    const parts = [2, 1].map((partNumber) => ({ partNumber, etag: '"e"' }));
    const completed = awsStore(server.client()).completeMultipart(upload, parts);
    expect((await failureOf(completed)).code).toBe("InvalidPartOrder");
    expect(server.seen).toEqual([]);
  });

  test("may have an empty ETag, as Ceph's has", async () => {
    server.answer = xml(
      200,
      "<CompleteMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><ETag></ETag></CompleteMultipartUploadResult>",
    );
    const done = await awsStore(server.client()).completeMultipart(upload, [{ partNumber: 1, etag: '"e"' }]);
    expect(done.etag).toBe("");
  });
});

describe("the body of a GET", () => {
  const object =
    (body: Uint8Array, headers: Record<string, string> = {}) =>
    (_request: unknown, response: import("node:http").ServerResponse) =>
      response.writeHead(200, { "content-length": String(body.length), etag: '"e"', ...headers }).end(body);

  test.each(["node", "fetch"])(
    "is a byte stream that also reads into the reader's own buffer (%s)",
    async (kind) => {
      const body = bytes(200_000);
      server.answer = object(body, { "x-amz-checksum-crc32": "AAAAAA==" });
      const config = kind === "fetch" ? { requestHandler: new FetchHttpHandler() } : {};
      const store = awsStore(server.client(config));
      const got = await store.get(at);
      expect(got.size).toBe(body.length);
      expect(got.range).toEqual({ start: 0, end: body.length - 1 });
      // A wrong digest is told, not judged: what to do with it is up to who reads.
      expect(got.checksum).toEqual({ algorithm: "crc32", value: "AAAAAA==", type: "full-object" });
      expect(Buffer.from(await new Response(got.body).arrayBuffer()).equals(body)).toBe(true);

      const reader = (await store.get(at)).body.getReader({ mode: "byob" });
      const parts: Uint8Array[] = [];
      for (;;) {
        const { done, value } = await reader.read(new Uint8Array(777));
        if (done) break;
        parts.push(value);
      }
      expect(Buffer.concat(parts).equals(body)).toBe(true);
    },
  );

  test("that is cancelled closes its connection", async () => {
    const closed = new Promise<void>((resolve) => {
      server.answer = (request, response) => {
        request.socket.on("close", () => resolve());
        response.writeHead(200, { "content-length": String(2 ** 40) }).write(bytes(1000));
      };
    });
    const { body } = await awsStore(server.client()).get(at);
    await body.cancel();
    await closed;
  });

  test.each(["node", "fetch"])(
    "that is aborted fails with the reason, and closes its connection (%s)",
    async (kind) => {
      const closed = new Promise<void>((resolve) => {
        server.answer = (request, response) => {
          request.socket.on("close", () => resolve());
          response.writeHead(200, { "content-length": String(2 ** 40) }).write(bytes(1000));
        };
      });
      const stop = new AbortController();
      const config = kind === "fetch" ? { requestHandler: new FetchHttpHandler() } : {};
      const { body } = await awsStore(server.client(config)).get(at, { signal: stop.signal });
      const reader = body.getReader();
      await reader.read();
      const next = reader.read();
      stop.abort("enough");
      await expect(next).rejects.toBe("enough");
      await closed;
    },
  );

  test.each(["node", "fetch"])("that is cut off fails as a network error (%s)", async (kind) => {
    server.answer = (request, response) => {
      response.writeHead(200, { "content-length": "1000" }).write(bytes(10), () => request.socket.end());
    };
    const config = kind === "fetch" ? { requestHandler: new FetchHttpHandler() } : {};
    const { body } = await awsStore(server.client(config)).get(at);
    expect(await failureOf(new Response(body).arrayBuffer())).toMatchObject({
      code: "NetworkError",
      retryable: true,
    });
  });

  test("is not read ahead of its reader", async () => {
    let written = 0;
    server.answer = (_request, response) => {
      response.writeHead(200, { "content-length": String(2 ** 30) });
      const block = Buffer.alloc(2 ** 20);
      const write = () => {
        written += block.length;
        if (response.write(block)) setImmediate(write);
        else response.once("drain", write);
      };
      response.on("error", () => {});
      write();
    };
    const { body } = await awsStore(server.client()).get(at);
    const reader = body.getReader();
    await reader.read();
    // Other requests go back and forth until the sockets' own buffers are full.
    const idle = await Recorder.start();
    for (let before = -1; before !== written; ) {
      before = written;
      for (let i = 0; i < 20; i++) await awsStore(idle.client()).put(at, bytes(1));
    }
    expect(written).toBeLessThan(32 * 2 ** 20);
    await reader.cancel();
    await idle[Symbol.asyncDispose]();
  });

  test("of a range says where it lies in the whole", async () => {
    server.answer = (request, response) => {
      expect(request.headers.range).toBe("bytes=10-19");
      expect(request.headers["if-match"]).toBe('"e"');
      response
        .writeHead(206, { "content-length": "10", "content-range": "bytes 10-19/12345" })
        .end(bytes(10));
    };
    const { size, range } = await awsStore(server.client()).get(at, {
      range: { start: 10, end: 19 },
      ifMatch: '"e"',
    });
    expect({ size, range }).toEqual({ size: 12345, range: { start: 10, end: 19 } });
  });
});

describe("a store", () => {
  test("has Amazon's limits, or those it was given", () => {
    const client = new S3Client({ region: "us-east-1" });
    expect(awsStore(client).limits).toEqual(S3_LIMITS);
    expect(awsStore(client, { limits: { minPartSize: 4 } }).limits).toEqual({ ...S3_LIMITS, minPartSize: 4 });
  });

  test("leaves the client's other commands as they were", async () => {
    server.answer = s3Error(500, "InternalError");
    const client = server.client({ maxAttempts: 2 });
    await failureOf(awsStore(client).get(at));
    const { HeadBucketCommand } = await import("@aws-sdk/client-s3");
    await client.send(new HeadBucketCommand({ Bucket: "b" })).catch(() => {});
    expect(server.seen).toHaveLength(3);
  });

  test("asks for keys in a form that XML can carry, and reads them back", async () => {
    server.answer = xml(
      200,
      "<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>a+b%2Bc/%01</Key><ETag>e</ETag><Size>3</Size></Contents></ListBucketResult>",
    );
    const { objects } = await awsStore(server.client()).list("b");
    expect(objects.map(({ key, etag, size }) => ({ key, etag, size }))).toEqual([
      { key: "a b+c/\u0001", etag: '"e"', size: 3 },
    ]);
    expect(server.seen[0]?.url).toContain("encoding-type=url");
  });

  test("sends the MD5 that stores want of a deletion of many", async () => {
    server.answer = xml(200, "<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult>");
    await awsStore(server.client()).deleteMany("b", ["a"]);
    expect(server.seen[0]?.headers["content-md5"]).toMatch(/^.{22}==$/);
  });
});
