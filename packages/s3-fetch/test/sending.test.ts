import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { KINDS } from "./real-server.js";
import { bytes, Recorder, streamOf, xml } from "./recorder.js";

const at = { bucket: "b", key: "k" };
const upload = { ...at, uploadId: "u" };
const MiB = 2 ** 20;

let server: Recorder;
beforeEach(async () => {
  server = await Recorder.start();
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

describe.each(KINDS)("over %s,", (kind) => {
  test("a copy of a part names its source, its range and its condition, and has no body", async () => {
    const store = server.store(kind);
    server.answer = xml(
      200,
      "<CopyPartResult><ETag>e</ETag><ChecksumCRC32>AAAAAA==</ChecksumCRC32></CopyPartResult>",
    );
    const source = { bucket: "a", key: "ä b/c+", versionId: "v/1" };
    const range = { start: 2, end: 5 };
    expect(await store.copyPart(upload, 3, source, { range, sourceIfMatch: '"s"' })).toEqual({
      partNumber: 3,
      etag: '"e"',
      checksum: { algorithm: "crc32", value: "AAAAAA==", type: "full-object" },
    });
    await store.copyPart(upload, 4, { bucket: "a", key: "k" });
    const [first, second] = server.seen;
    expect(first).toMatchObject({ method: "PUT", url: "/b/k?partNumber=3&uploadId=u" });
    expect(first?.headers).toMatchObject({
      "x-amz-copy-source": "a/%C3%A4%20b/c%2B?versionId=v%2F1",
      "x-amz-copy-source-range": "bytes=2-5",
      "x-amz-copy-source-if-match": '"s"',
    });
    expect(first?.body).toHaveLength(0);
    expect(second?.headers).toMatchObject({ "x-amz-copy-source": "a/k" });
    expect(Object.keys(second!.headers).filter((name) => /source-/.test(name))).toEqual([]);
  });

  describe("a body on the wire", () => {
    test("has its length, no framing, no trailer, and no digest that was not asked for", async () => {
      const store = server.store(kind);
      const body = bytes(3 * MiB + 7);
      await store.put(at, body);
      await store.putPart(upload, 1, [body.subarray(0, 5), body.subarray(5)]);
      await store.putPart(upload, 2, {
        stream: streamOf([body.subarray(0, 99), body.subarray(99)]),
        length: body.length,
      });

      expect(server.seen).toHaveLength(3);
      // Over http, the hash of what is in memory; a stream is not there yet when its request is signed.
      expect(server.seen.map(({ headers }) => headers["x-amz-content-sha256"])).toEqual([
        createHash("sha256").update(body).digest("hex"),
        createHash("sha256").update(body).digest("hex"),
        "UNSIGNED-PAYLOAD",
      ]);
      for (const { headers, body: sent } of server.seen) {
        expect(headers["content-length"]).toBe(String(body.length));
        expect(headers["transfer-encoding"]).toBeUndefined();
        expect(headers["content-encoding"]).toBeUndefined();
        expect(headers.expect).toBeUndefined();
        expect(Object.keys(headers).filter((name) => /checksum|trailer|content-md5/.test(name))).toEqual([]);
        expect(sent.equals(body)).toBe(true);
      }
    });

    test("carries exactly the digests that were given", async () => {
      const store = server.store(kind);
      await store.putPart(upload, 1, bytes(9), { checksum: { algorithm: "crc32", value: "AAAAAA==" } });
      await store.put(at, bytes(9), {
        checksum: { algorithm: "crc64nvme", value: "AAAAAAAAAAA=" },
        contentMd5: "1B2M2Y8AsgTpgAmY7PhCfg==",
      });
      const [part, put] = server.seen.map(({ headers }) => headers);
      expect(part?.["x-amz-checksum-crc32"]).toBe("AAAAAA==");
      expect(put?.["x-amz-checksum-crc64nvme"]).toBe("AAAAAAAAAAA=");
      expect(put?.["content-md5"]).toBe("1B2M2Y8AsgTpgAmY7PhCfg==");
      expect(Object.keys(put ?? {}).filter((name) => name.includes("checksum"))).toHaveLength(1);
    });

    test("goes out in slices, so that a large part does not land in native memory at once", async () => {
      const store = server.store(kind);
      const held = new Promise<number>((resolve) => {
        server.early = true;
        server.answer = (request, response) => {
          // The large one is left unread; that the empty one comes tells that it had its chance to send.
          if (request.headers["content-length"] !== "0") {
            request.pause();
            return;
          }
          response.setHeader("etag", '"e"').end();
          resolve(process.memoryUsage().external);
        };
      });
      const stop = new AbortController();
      const body = new Uint8Array(64 * MiB);
      const before = process.memoryUsage().external;
      const stalled = store.put(at, body, { signal: stop.signal });
      const aborted = expect(stalled).rejects.toThrow("enough");
      for (let i = 0; i < 20; i++) await store.put(at, new Uint8Array(0));
      expect((await held) - before).toBeLessThan(8 * MiB);
      stop.abort(new Error("enough"));
      await aborted;
    });

    test("leaves its connection open for the next one, however large it was", async () => {
      const store = server.store(kind);
      for (let part = 1; part <= 3; part++) await store.putPart(upload, part, bytes(3 * MiB));
      expect(new Set(server.seen.map(({ socket }) => socket)).size).toBe(1);
    });

    test("of no bytes is sent with a length of zero", async () => {
      const store = server.store(kind);
      await store.put(at, new Uint8Array(0));
      await store.put(at, { stream: streamOf([]), length: 0 });
      expect(server.seen.map(({ headers }) => headers["content-length"])).toEqual(["0", "0"]);
    });
  });

  describe("a transport", () => {
    test("tells how many bytes it has taken, slice by slice, for pieces and for streams", async () => {
      const store = server.store(kind);
      const body = bytes(4 * MiB);
      for (const make of [
        () => body,
        () => [body.subarray(0, 70_000), body.subarray(70_000)],
        () => ({ stream: streamOf([body.subarray(0, 10), body.subarray(10)]), length: body.length }),
      ]) {
        for (const send of ["put", "putPart"] as const) {
          const steps: number[] = [];
          const options = { onSent: (sent: number) => void steps.push(sent) };
          if (send === "put") await store.put(at, make(), options);
          else await store.putPart(upload, 1, make(), options);
          expect(steps.length).toBeGreaterThan(2);
          expect(Math.max(...steps)).toBeLessThanOrEqual(MiB / 2);
          expect(steps.reduce((sum, step) => sum + step, 0)).toBe(body.length);
        }
      }
    });

    test("does not count what a server that has stopped reading has not taken", async () => {
      const store = server.store(kind);
      server.early = true;
      server.answer = (request) => void request.pause();
      const stop = new AbortController();
      let sent = 0;
      let before = -1;
      const onSent = (more: number) => {
        sent += more;
      };
      const options = { signal: stop.signal, onSent };
      const stalled = expect(store.putPart(upload, 1, bytes(32 * MiB), options)).rejects.toBe("enough");
      // Requests to another server go back and forth until the sockets' own buffers are full.
      await using idle = await Recorder.start();
      while (sent === 0 || before !== sent) {
        before = sent;
        for (let i = 0; i < 20; i++) await idle.store(kind).put(at, bytes(1));
      }
      expect(sent).toBeLessThan(24 * MiB);
      stop.abort("enough");
      await stalled;
      const last = sent;
      await idle.store(kind).put(at, bytes(1));
      expect(sent).toBe(last);
    });
  });

  describe("a stream with a declared length", () => {
    test.each([
      ["short", [4, 4], 9, "ended after 8"],
      ["long in its last chunk", [4, 6], 9, "has more"],
      ["long by a chunk", [4, 5, 1], 9, "has more"],
      ["not empty", [1], 0, "has more"],
    ])("that is %s fails, and the last byte is never sent", async (_what, chunks, length, says) => {
      const store = server.store(kind);
      let arrived = () => {};
      const rest = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      const gone = new Promise<boolean>((resolve) => {
        server.early = true;
        server.answer = (request) => {
          request.on("error", () => {});
          request.on("close", () => resolve(request.complete));
          request.resume();
          arrived();
        };
      });
      let pulls = 0;
      const stream = new ReadableStream<Uint8Array>({
        async pull(controller) {
          // The first chunk lets the request begin; only then the lie comes out.
          if (pulls === 1) await rest;
          const size = chunks[pulls++];
          if (size === undefined) controller.close();
          else controller.enqueue(bytes(size));
        },
      });
      const put = store.put(at, { stream, length });
      await expect(put).rejects.toMatchObject({ code: "IncompleteBody", retryable: false });
      await expect(put).rejects.toThrow(says);
      if (server.seen.length > 0) expect(await gone).toBe(false);
    });

    test("that fails ends the request, with the failure as the cause", async () => {
      const store = server.store(kind);
      const boom = new Error("disk on fire");
      let pulls = 0;
      const stream = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (pulls++ === 0) controller.enqueue(bytes(10));
          else controller.error(boom);
        },
      });
      const put = store.put(at, { stream, length: 20 });
      await expect(put).rejects.toMatchObject({ code: "IncompleteBody", cause: boom });
    });

    test("is cancelled when the request is refused before its end", async () => {
      const store = server.store(kind);
      server.early = true;
      server.answer = xml(403, "<Error><Code>AccessDenied</Code></Error>");
      let cancelled: (reason: unknown) => void = () => {};
      const reason = new Promise<unknown>((resolve) => {
        cancelled = resolve;
      });
      const endless = new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(bytes(1000)),
        cancel: (why) => cancelled(why),
      });
      await expect(store.put(at, { stream: endless, length: 2 ** 30 })).rejects.toMatchObject({
        code: "AccessDenied",
      });
      expect(await reason).toBeInstanceOf(Error);
    });
  });

  describe("an abort", () => {
    test("in the middle of a body stops the request and the source, with its own reason", async () => {
      const store = server.store(kind);
      const stop = new AbortController();
      const reason = { my: "words" };
      const closed = new Promise<void>((resolve) => {
        server.early = true;
        server.answer = (request) => {
          request.on("error", () => {});
          request.once("data", () => stop.abort(reason));
          request.socket.on("close", () => resolve());
        };
      });
      let cancelled: unknown;
      const stalling = new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            controller.enqueue(bytes(100));
            return new Promise(() => {});
          },
          cancel(why) {
            cancelled = why;
          },
        },
        { highWaterMark: 0 },
      );
      const put = store.put(at, { stream: stalling, length: 200 }, { signal: stop.signal });
      await expect(put).rejects.toBe(reason);
      await closed;
      expect(cancelled).toBe(reason);
    });

    test("before the start sends nothing, and cancels the source", async () => {
      const store = server.store(kind);
      let cancelled: unknown;
      const stream = streamOf([bytes(1)], (why) => {
        cancelled = why;
      });
      await expect(store.put(at, { stream, length: 1 }, { signal: AbortSignal.abort("no") })).rejects.toBe(
        "no",
      );
      expect(cancelled).toBe("no");
      expect(server.seen).toEqual([]);
    });

    test("does not wait for credentials that never come", async () => {
      const store = server.store(kind, { credentials: () => new Promise(() => {}) });
      const stop = new AbortController();
      const head = store.head(at, { signal: stop.signal });
      stop.abort("late");
      await expect(head).rejects.toBe("late");
    });
  });
});
