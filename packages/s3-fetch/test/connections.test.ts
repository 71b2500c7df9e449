import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { KINDS } from "./real-server.js";
import { bytes, failureOf, Recorder, streamOf, xml } from "./recorder.js";

const at = { bucket: "b", key: "k" };

let server: Recorder;
beforeEach(async () => {
  server = await Recorder.start();
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

describe.each(KINDS)("over %s,", (kind) => {
  test.each([301, 302, 303, 307, 308])(
    "a redirect by %i takes no request, and no signature, to another host",
    async (status) => {
      await using elsewhere = await Recorder.start();
      server.answer = (_request, response) =>
        response.writeHead(status, { location: `${elsewhere.endpoint}/b/k` }).end();
      const store = server.store(kind);
      const failures = [
        store.get(at),
        store.head(at),
        store.list("b"),
        store.put(at, bytes(10)),
        store.put(at, bytes(200_000)),
        store.put(at, { stream: streamOf([bytes(10)]), length: 10 }),
        store.delete(at),
      ].map(failureOf);
      for (const failure of failures) expect(await failure).toMatchObject({ retryable: false });
      expect((await failures[0]!).message).toContain(`it sends to ${elsewhere.endpoint}`);
      expect([server.seen.length, elsewhere.seen]).toEqual([7, []]);
    },
  );

  test("a connection that was closed while nobody used it costs no request", async () => {
    const store = server.store(kind);
    await store.put(at, bytes(1));
    const [first] = server.seen;
    const closed = once(first!.socket, "close");
    first!.socket.end();
    await closed;
    await store.put(at, bytes(1));
    expect(server.seen).toHaveLength(2);
    expect(server.seen[1]!.socket).not.toBe(first!.socket);
  });

  test("a connection that is closed at the moment of the next request is worth another try", async () => {
    const store = server.store(kind);
    await store.put(at, bytes(1));
    server.early = true;
    server.answer = (request) => request.socket.destroy();
    for (const ask of [() => store.get(at), () => store.put(at, bytes(1)), () => store.createMultipart(at)])
      expect(await failureOf(ask())).toMatchObject({ code: "NetworkError", retryable: true });
  });

  test("a server is found by its address of IPv6, and under a path", async () => {
    const seen: [string | undefined, string | undefined][] = [];
    const six = createServer((request, response) => {
      seen.push([request.headers.host, request.url]);
      response.setHeader("content-length", 0).end();
    });
    await new Promise<void>((resolve) => six.listen(0, "::1", resolve));
    const { port } = six.address() as AddressInfo;
    const store = server.store(kind, { endpoint: `http://[::1]:${port}/s3/` });
    await store.head(at);
    six.closeAllConnections();
    six.close();
    expect(seen).toEqual([[`[::1]:${port}`, "/s3/b/k"]]);
  });

  test("a page of HTML in the place of an answer publishes nothing", async () => {
    server.answer = xml(200, "<!doctype html><html><body>Sign in</body></html>", {
      "content-type": "text/html",
    });
    const store = server.store(kind);
    const upload = { ...at, uploadId: "u" };
    const part = { partNumber: 1, etag: '"e"' };
    const failures = [
      store.put(at, bytes(3)),
      store.putPart(upload, 1, bytes(3)),
      store.completeMultipart(upload, [part]),
      store.createMultipart(at),
      store.copy(at, at),
      store.delete(at),
      store.list("b"),
      store.listMultiparts("b"),
    ].map(failureOf);
    for (const failure of failures)
      expect(await failure).toMatchObject({ code: "InternalError", retryable: true, status: 200 });
    // Swift's.
    server.answer = (_request, response) =>
      response.writeHead(200, { "content-type": "text/html; charset=UTF-8", "content-length": "0" }).end();
    await store.delete(at);
    await store.buckets!.create("b");
  });
});
