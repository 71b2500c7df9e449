import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { nodeTransport } from "@sluice/s3-fetch/node";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CERTIFICATE, KEY } from "./certificate.js";
import { bytes, failureOf, Recorder, streamOf } from "./recorder.js";

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

describe("the transport over node:http", () => {
  test("opens no more connections than it may, and keeps them", async () => {
    const waiting: (() => void)[] = [];
    let arrived = () => {};
    const full = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    server.answer = (_request, response) => {
      waiting.push(() => response.setHeader("etag", '"e"').end());
      if (waiting.length === 3) arrived();
    };
    const store = server.store("node", { maxSockets: 3 });
    const puts = Array.from({ length: 9 }, () => store.put(at, bytes(10)));
    await full;
    expect(server.seen).toHaveLength(3);
    server.answer = (_request, response) => response.setHeader("etag", '"e"').end();
    for (const answer of waiting) answer();
    await Promise.all(puts);
    expect(server.seen).toHaveLength(9);
    expect(new Set(server.seen.map(({ socket }) => socket)).size).toBe(3);
  });

  test("keeps a connection whose small answer nobody reads, and gives up that of a large one", async () => {
    const store = server.store("node");
    server.answer = (_request, response) => response.setHeader("etag", '"e"').end("small");
    await store.put(at, bytes(10));
    server.answer = (_request, response) =>
      response.setHeader("content-length", 10 * MiB).end(bytes(10 * MiB));
    await store.put(at, bytes(10));
    await store.put(at, bytes(10));
    const [first, second, third] = server.seen.map(({ socket }) => socket);
    expect(second).toBe(first);
    expect(third).not.toBe(second);
  });

  test("gives up the connection of an answer that nobody reads and that does not end", async () => {
    const store = server.store("node", { maxSockets: 1 });
    server.answer = (_request, response) => {
      const block = bytes(65_536);
      const write = () => {
        while (!response.destroyed && response.write(block));
        response.once("drain", write);
      };
      response.setHeader("etag", '"e"');
      write();
    };
    await store.put(at, bytes(10));
    server.answer = (_request, response) => response.setHeader("etag", '"e"').end();
    await store.put(at, bytes(10));
    expect(new Set(server.seen.map(({ socket }) => socket)).size).toBe(2);
  });

  test("keeps a connection after HEAD, however large the object is that it tells of", async () => {
    const store = server.store("node");
    server.answer = (_request, response) => response.setHeader("content-length", 10 * MiB).end();
    for (let i = 0; i < 3; i++) expect((await store.head(at)).size).toBe(10 * MiB);
    expect(new Set(server.seen.map(({ socket }) => socket)).size).toBe(1);
  });

  test("sends a key with dots as it is, since no URL parser comes near it", async () => {
    await server.store("node").put({ bucket: "b", key: "a/../b/./c" }, bytes(1));
    expect(server.seen[0]!.url).toBe("/b/a/../b/./c");
  });

  test("gives the bytes of an encoded object as they are", async () => {
    server.answer = (_request, response) =>
      response
        .writeHead(200, { "content-length": "10", "content-encoding": "gzip", etag: '"e"' })
        .end(bytes(10));
    const { body, contentEncoding } = await server.store("node").get(at);
    expect(contentEncoding).toBe("gzip");
    expect(Buffer.from(await new Response(body).arrayBuffer()).equals(bytes(10))).toBe(true);
  });

  test("reads the rest of a body that is cut off while nobody reads it as an error", async () => {
    const cut = new Promise<void>((resolve) => {
      server.answer = (request, response) => {
        request.socket.on("close", () => resolve());
        response
          .writeHead(200, { "content-length": "1000" })
          .write(bytes(10), () => request.socket.destroy());
      };
    });
    const { body } = await server.store("node").get(at);
    await cut;
    const failure = await failureOf(new Response(body).arrayBuffer());
    expect(failure).toMatchObject({ code: "NetworkError", retryable: true });
  });

  test("shows no logger what it has sent", async () => {
    const transport = nodeTransport();
    const store = server.store("node", { transport });
    await store.put(at, bytes(10));
    const everything = inspect([transport, store], { depth: Number.POSITIVE_INFINITY, showHidden: true });
    expect(everything).not.toMatch(/KEYKEYKEY|secretsecret|Signature=/);
    transport.close();
  });

  test.each(["maxSockets", "headersTimeout", "idleTimeout"])("refuses %s that make no sense", (what) => {
    for (const value of [0, -1, 1.5, Number.NaN, 2 ** 31]) {
      expect(() => nodeTransport({ [what]: value })).toThrow(
        expect.objectContaining({ code: "ERR_INVALID_VALUE", what }),
      );
    }
  });
});

describe("a server that has stopped", () => {
  beforeEach(() => {
    // Those of the transport alone: Node's own timers are others.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const timedOut = { code: "NetworkError", retryable: true, cause: { code: "ETIMEDOUT" } };

  test("before its answer is given up after the time for that", async () => {
    for (const ask of ["get", "put"] as const) {
      const arrived = new Promise<void>((resolve) => {
        server.answer = () => resolve();
      });
      const store = server.store("node");
      const request: Promise<unknown> = ask === "get" ? store.get(at) : store.put(at, bytes(10));
      const failure = failureOf(request);
      await arrived;
      vi.advanceTimersByTime(119_999);
      expect(vi.getTimerCount()).toBe(1);
      vi.advanceTimersByTime(1);
      expect(await failure).toMatchObject(timedOut);
      expect(vi.getTimerCount()).toBe(0);
    }
  });

  test("reading a body is given up after the idle time", async () => {
    server.early = true;
    const arrived = new Promise<void>((resolve) => {
      server.answer = (request) => {
        request.pause();
        resolve();
      };
    });
    const failure = failureOf(server.store("node").putPart(upload, 1, new Uint8Array(64 * MiB)));
    await arrived;
    vi.advanceTimersByTime(30_000);
    expect(await failure).toMatchObject(timedOut);
  });

  test("sending a body is given up after the idle time of a reader who waits", async () => {
    server.answer = (_request, response) =>
      void response.writeHead(200, { "content-length": "1000", etag: '"e"' }).write(bytes(10));
    const { body } = await server.store("node").get(at);
    const reader = body.getReader();
    await reader.read();
    const failure = failureOf(reader.read());
    // The stream asks for more a few microtasks after its reader has.
    await vi.advanceTimersByTimeAsync(0);
    vi.advanceTimersByTime(30_000);
    expect(await failure).toMatchObject(timedOut);
  });

  test("in a small answer that nobody reads gives its connection back after the idle time", async () => {
    server.answer = (_request, response) => {
      response.writeHead(200, { "content-length": "10", etag: '"e"' }).flushHeaders();
    };
    const store = server.store("node", { maxSockets: 1 });
    await store.put(at, bytes(10));
    const closed = once(server.seen[0]!.socket, "close");
    vi.advanceTimersByTime(30_000);
    await closed;
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is not blamed for a source or a reader that takes its time", async () => {
    const store = server.store("node");
    const hour = 3_600_000;
    const rest = [bytes(100), bytes(100)];
    const slow = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          vi.advanceTimersByTime(hour);
          const chunk = rest.shift();
          if (chunk) controller.enqueue(chunk);
          else controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    await store.put(at, { stream: slow, length: 200 });
    server.answer = (_request, response) =>
      response.writeHead(200, { "content-length": String(MiB), etag: '"e"' }).end(bytes(MiB));
    const { body } = await store.get(at);
    const reader = body.getReader();
    let size = 0;
    for (let step = await reader.read(); !step.done; step = await reader.read()) {
      size += step.value.byteLength;
      vi.advanceTimersByTime(hour);
    }
    expect(size).toBe(MiB);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("over TLS", () => {
  test("bodies go out and come in, if the certificate is trusted", async () => {
    const seen: number[] = [];
    const secure = createServer({ key: KEY, cert: CERTIFICATE }, (request, response) => {
      let size = 0;
      request.on("data", (chunk: Buffer) => {
        size += chunk.length;
      });
      request.on("end", () => {
        seen.push(size);
        response.writeHead(200, { "content-length": "10", etag: '"e"' });
        response.end(request.method === "HEAD" ? undefined : bytes(10));
      });
    });
    await new Promise<void>((resolve) => secure.listen(0, "127.0.0.1", resolve));
    const endpoint = `https://127.0.0.1:${(secure.address() as AddressInfo).port}`;
    const trusting = server.store("node", { endpoint, tls: { ca: CERTIFICATE } });
    await trusting.put(at, [bytes(MiB), bytes(7)]);
    await trusting.put(at, { stream: streamOf([bytes(MiB)]), length: MiB });
    expect(seen).toEqual([MiB + 7, MiB]);
    const { body } = await trusting.get(at);
    expect(Buffer.from(await new Response(body).arrayBuffer()).equals(bytes(10))).toBe(true);
    const failure = await failureOf(server.store("node", { endpoint }).get(at));
    expect(failure).toMatchObject({ code: "NetworkError", retryable: false });
    secure.closeAllConnections();
    await new Promise((resolve) => secure.close(resolve));
  });
});
