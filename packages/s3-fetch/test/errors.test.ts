import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { KINDS } from "./real-server.js";
import { type Answer, bytes, failureOf, Recorder, s3Error, xml } from "./recorder.js";

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
  describe("an error", () => {
    test("has the store's code, message, status and request id", async () => {
      server.answer = s3Error(403, "InvalidAccessKeyId", { "x-amz-request-id": "req-7" });
      expect(await failureOf(server.store(kind).get(at))).toMatchObject({
        code: "InvalidAccessKeyId",
        status: 403,
        requestId: "req-7",
        retryable: false,
        message: "InvalidAccessKeyId: about InvalidAccessKeyId",
      });
    });

    test("leads no logger to the credentials of its request, however deep it looks", async () => {
      const store = server.store(kind, {
        credentials: {
          accessKeyId: "KEYKEYKEY",
          secretAccessKey: "secretsecret",
          sessionToken: "tokentoken",
        },
      });
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
      const store = server.store(kind);
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
      const { retryAfter, retryable } = await failureOf(server.store(kind).get(at));
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
      const store = server.store(kind);
      expect(await failureOf(store.head(at))).toMatchObject({ code, status, retryable });
      expect(await failureOf(store.get(at))).toMatchObject({ code, status, retryable });
    });

    test("that a proxy wrote in HTML is told by its status", async () => {
      server.answer = (_request, response) =>
        response
          .writeHead(502, { "content-type": "text/html" })
          .end("<html><body>Bad gateway<br></body></html>");
      const error = await failureOf(server.store(kind).list("b"));
      expect(error).toMatchObject({ code: "InternalError", status: 502, retryable: true });
    });

    test("that is no XML in a 200 is worth another try", async () => {
      server.answer = xml(200, "<ListBucketResult><Contents>");
      expect(await failureOf(server.store(kind).list("b"))).toMatchObject({
        code: "InternalError",
        retryable: true,
      });
    });

    test("of a missing bucket or upload has its own code even without a body", async () => {
      server.answer = (_request, response) => response.writeHead(404).end();
      const store = server.store(kind);
      expect((await failureOf(store.buckets!.head("b"))).code).toBe("NoSuchBucket");
      expect((await failureOf(store.listParts(upload))).code).toBe("NoSuchUpload");
    });

    test.each(["", "\n"])("inside a 200 is an error (trailing %j)", async (tail) => {
      const store = server.store(kind);
      server.answer = xml(200, `<Error><Code>InternalError</Code><Message>late</Message></Error>${tail}`);
      const parts = [{ partNumber: 1, etag: '"e"' }];
      expect(await failureOf(store.completeMultipart(upload, parts))).toMatchObject({
        code: "InternalError",
        retryable: true,
        status: 200,
      });
      expect(await failureOf(store.copy(at, { ...at, key: "2" }))).toMatchObject({
        code: "InternalError",
        retryable: true,
      });
    });

    test("of the network names the endpoint and the errno, and no secret", async () => {
      const gone = await Recorder.start();
      const { endpoint } = gone;
      const store = server.store(kind, { endpoint });
      await gone[Symbol.asyncDispose]();
      const error = await failureOf(store.put(at, bytes(100_000)));
      expect(error).toMatchObject({ code: "NetworkError", retryable: true, status: undefined });
      expect(error.message).toContain(endpoint);
      expect(error.message).toContain("ECONNREFUSED");
      expect(error.message).not.toMatch(/KEYKEYKEY|secret|Signature/);
    });

    test("of credentials that cannot be had is no error of the network", async () => {
      const store = server.store(kind, {
        credentials: async () => {
          throw new Error("no profile");
        },
      });
      expect(await failureOf(store.get(at))).toMatchObject({
        code: "ClientError",
        retryable: false,
      });
      expect(server.seen).toEqual([]);
    });
  });
});
