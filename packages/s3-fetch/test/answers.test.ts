import { S3_LIMITS } from "@sluice/object-store";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { KINDS } from "./real-server.js";
import { type Answer, bytes, failureOf, Recorder, xml } from "./recorder.js";

const at = { bucket: "b", key: "k" };
const upload = { ...at, uploadId: "u" };

let server: Recorder;
beforeEach(async () => {
  server = await Recorder.start();
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

describe.each(KINDS)("over %s,", (kind) => {
  describe("a completed upload", () => {
    test("must name its parts in ascending order", async () => {
      const parts = [2, 1].map((partNumber) => ({ partNumber, etag: '"e"' }));
      const completed = server.store(kind).completeMultipart(upload, parts);
      expect((await failureOf(completed)).code).toBe("InvalidPartOrder");
      expect(server.seen).toEqual([]);
    });

    test("may have an empty ETag, as Ceph's has", async () => {
      server.answer = xml(
        200,
        "<CompleteMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><ETag></ETag></CompleteMultipartUploadResult>",
      );
      const done = await server.store(kind).completeMultipart(upload, [{ partNumber: 1, etag: '"e"' }]);
      expect(done.etag).toBe("");
    });
  });

  describe("one part of an object", () => {
    const answer = (status: number, headers: Record<string, string>): Answer => {
      return (request, response) => {
        const length = Number(headers["content-length"]);
        response.writeHead(status, { etag: '"e-3"', ...headers });
        response.end(request.method === "HEAD" ? undefined : bytes(length));
      };
    };
    const told = async () => {
      const store = server.store(kind);
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
      const store = server.store(kind);
      for (const ask of [store.get, store.head]) {
        const failure = await failureOf(ask(at, { partNumber: 2 }));
        expect(failure).toMatchObject({ code: "InternalError", retryable: false });
      }
    });
  });

  describe("the body of a GET", () => {
    const object =
      (body: Uint8Array, headers: Record<string, string> = {}) =>
      (_request: unknown, response: import("node:http").ServerResponse) =>
        response.writeHead(200, { "content-length": String(body.length), etag: '"e"', ...headers }).end(body);

    test("is a byte stream that also reads into the reader's own buffer", async () => {
      const body = bytes(200_000);
      server.answer = object(body, { "x-amz-checksum-crc32": "AAAAAA==" });
      const store = server.store(kind);
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
    });

    test("that is cancelled closes its connection", async () => {
      const closed = new Promise<void>((resolve) => {
        server.answer = (request, response) => {
          request.socket.on("close", () => resolve());
          response.writeHead(200, { "content-length": String(2 ** 40) }).write(bytes(1000));
        };
      });
      const { body } = await server.store(kind).get(at);
      await body.cancel();
      await closed;
    });

    test("that is aborted fails with the reason, and closes its connection", async () => {
      const closed = new Promise<void>((resolve) => {
        server.answer = (request, response) => {
          request.socket.on("close", () => resolve());
          response.writeHead(200, { "content-length": String(2 ** 40) }).write(bytes(1000));
        };
      });
      const stop = new AbortController();
      const { body } = await server.store(kind).get(at, { signal: stop.signal });
      const reader = body.getReader();
      await reader.read();
      const next = reader.read();
      stop.abort("enough");
      await expect(next).rejects.toBe("enough");
      await closed;
    });

    test("that is cut off fails as a network error", async () => {
      server.answer = (request, response) => {
        response.writeHead(200, { "content-length": "1000" }).write(bytes(10), () => request.socket.end());
      };
      const { body } = await server.store(kind).get(at);
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
      const { body } = await server.store(kind).get(at);
      const reader = body.getReader();
      await reader.read();
      // Other requests go back and forth until the sockets' own buffers are full.
      const idle = await Recorder.start();
      for (let before = -1; before !== written; ) {
        before = written;
        for (let i = 0; i < 20; i++) await idle.store(kind).put(at, bytes(1));
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
      const { size, range } = await server.store(kind).get(at, {
        range: { start: 10, end: 19 },
        ifMatch: '"e"',
      });
      expect({ size, range }).toEqual({ size: 12345, range: { start: 10, end: 19 } });
    });
  });

  describe("a store", () => {
    test("has Amazon's limits, or those it was given", () => {
      expect(server.store(kind).limits).toEqual(S3_LIMITS);
      expect(server.store(kind, { limits: { minPartSize: 4 } }).limits).toEqual({
        ...S3_LIMITS,
        minPartSize: 4,
      });
    });

    test("asks for keys in a form that XML can carry, and reads them back", async () => {
      server.answer = xml(
        200,
        "<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>a+b%2Bc/%01</Key><ETag>e</ETag><Size>3</Size></Contents></ListBucketResult>",
      );
      const { objects } = await server.store(kind).list("b");
      expect(objects.map(({ key, etag, size }) => ({ key, etag, size }))).toEqual([
        { key: "a b+c/\u0001", etag: '"e"', size: 3 },
      ]);
      expect(server.seen[0]?.url).toContain("encoding-type=url");
    });

    test("sends the MD5 that stores want of a deletion of many", async () => {
      server.answer = xml(200, "<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult>");
      await server.store(kind).deleteMany("b", ["a"]);
      expect(server.seen[0]?.headers["content-md5"]).toMatch(/^.{22}==$/);
    });
  });
});
