import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import http2, { type Http2ServerResponse, type ServerHttp2Stream } from "node:http2";
import { connect, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { releaseOnResponse } from "@sluice/release/node";
import { afterEach, describe, expect, test, vi } from "vitest";

const MANY = Buffer.alloc(16 * 2 ** 20);

const turn = () => new Promise((resolve) => setImmediate(resolve));
const until = async (shows: () => boolean) => {
  while (!shows()) await turn();
};

const cleanups: (() => void)[] = [];
afterEach(() => {
  vi.useRealTimers();
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function listening(server: Server | http2.Http2Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as { port: number }).port;
}

/** A client that takes no byte before it is told to. */
function silent(port: number, request: string | Buffer): Socket {
  const client = connect(port, "127.0.0.1").on("error", () => undefined);
  client.pause().write(request);
  cleanups.push(() => client.destroy());
  return client;
}

const GET = "GET / HTTP/1.1\r\nhost: here\r\n\r\n";

/** An HTTP/1 server with one handler for all, and the responses that it has seen. */
async function serving(handle: (response: ServerResponse, request: IncomingMessage) => void) {
  const responses: ServerResponse[] = [];
  const server = createServer((request, response) => {
    responses.push(response);
    handle(response, request);
  });
  const port = await listening(server);
  return { port, responses, server };
}

const queued = (response: ServerResponse): number =>
  (response.socket as unknown as { _handle?: { writeQueueSize: number } | null } | null)?._handle
    ?.writeQueueSize ?? 0;

/** As many turns of the event loop as a request to the same server takes. */
async function roundTrip(port: number): Promise<void> {
  const other = connect(port, "127.0.0.1", () => other.write("nonsense\r\n\r\n"));
  await new Promise((resolve) => other.on("error", resolve).on("close", resolve).resume());
}

describe("a response of HTTP/1", () => {
  test("is released when the last byte has left, however late the client takes it", async () => {
    const release = vi.fn(() => expect([queued(response), response.writableLength]).toEqual([0, 0]));
    const { port, responses } = await serving((response) => {
      releaseOnResponse(response, release);
      response.end(MANY);
    });
    const client = silent(port, GET);
    await until(() => responses.length > 0);
    const response = responses[0]!;
    await roundTrip(port);
    expect(queued(response)).toBeGreaterThan(0);
    expect(release).not.toHaveBeenCalled();
    client.resume();
    await until(() => release.mock.calls.length > 0);
    await until(() => response.closed);
    expect(release).toHaveBeenCalledTimes(1);
    expect(release).toHaveReturned();
  });

  test.each(["end", "destroy", "resetAndDestroy"] as const)(
    "that goes on for ever is released when the client leaves by %s",
    async (leave) => {
      const release = vi.fn();
      const { port, responses } = await serving((response) => {
        releaseOnResponse(response, release);
        response.write("never ends");
      });
      const client = silent(port, GET).resume();
      await new Promise((resolve) => client.once("data", resolve));
      expect(release).not.toHaveBeenCalled();
      client[leave]();
      await until(() => release.mock.calls.length > 0);
      await until(() => responses[0]!.closed);
      expect(release).toHaveBeenCalledTimes(1);
    },
  );

  test("is released when its headers could not be sent", async () => {
    const release = vi.fn();
    const { port } = await serving((response) => {
      releaseOnResponse(response, release);
      expect(() => response.writeHead(200, { bad: "\n" })).toThrow();
      response.destroy();
    });
    silent(port, GET).resume();
    await until(() => release.mock.calls.length > 0);
    expect(release).toHaveBeenCalledTimes(1);
  });

  test("that is over already is released at once", async () => {
    const release = vi.fn();
    const over: ServerResponse[] = [];
    const { port } = await serving((response) => {
      if (over.length > 0) response.destroy();
      else response.end("bye");
      over.push(response);
    });
    const client = silent(port, GET).resume();
    await new Promise((resolve) => client.once("data", resolve));
    await until(() => over[0]!.writableFinished);
    releaseOnResponse(over[0]!, release);
    expect(release).toHaveBeenCalledTimes(1);
    client.write(GET);
    await until(() => over.length > 1);
    releaseOnResponse(over[1]!, release);
    expect(release).toHaveBeenCalledTimes(2);
  });

  test("releases its own permit, on a connection that others use as well", async () => {
    const released: string[] = [];
    const { port, responses } = await serving((response, { url }) =>
      releaseOnResponse(response, () => released.push(url!)),
    );
    const [one, two, three] = ["/1", "/2", "/3"].map((path) => GET.replace("/", path));
    const client = silent(port, `${one}${two}`).resume();
    await until(() => responses.length === 2);
    // The second is ready first, and waits for its turn.
    responses[1]!.end("2");
    await roundTrip(port);
    expect(released).toEqual([]);
    responses[0]!.end("1");
    await until(() => released.length > 0);
    await until(() => released.length > 1);
    expect(released).toEqual(["/1", "/2"]);
    client.write(three!);
    await until(() => responses.length === 3);
    expect(released).toEqual(["/1", "/2"]);
    responses[2]!.end();
    await until(() => released.length > 2);
    expect(released).toEqual(["/1", "/2", "/3"]);
  });

  test("that waits behind another is released when their connection is lost, and leaves no listener", async () => {
    const release = vi.fn();
    const { port, responses } = await serving((response) => {
      releaseOnResponse(response, release);
      response.write("never ends");
    });
    const client = silent(port, GET.repeat(12));
    await until(() => responses.length === 12);
    const { socket } = responses[0]!.req;
    expect(socket.getMaxListeners()).toBe(21);
    client.resetAndDestroy();
    await until(() => release.mock.calls.length === 12);
    await until(() => responses[0]!.closed);
    expect(release).toHaveBeenCalledTimes(12);
    expect(socket.getMaxListeners()).toBe(10);
    expect(socket.listeners("close").map(({ name }) => name)).not.toContain("over");
  });

  test("keeps no listener when it has been released", async () => {
    const names: string[][] = [];
    const { port } = await serving((response) => {
      const listeners = () => ["finish", "close"].flatMap((event) => response.listeners(event));
      const note = () => names.push(listeners().map(({ name }) => name));
      releaseOnResponse(response, note);
      note();
      response.end("bye");
    });
    silent(port, GET).resume();
    await until(() => names.length === 2);
    expect(names[0]!.filter((name) => name === "over")).toHaveLength(2);
    expect(names[1]).not.toContain("over");
  });
});

describe("a response of HTTP/1 with an idleTimeout", () => {
  const timers = () =>
    vi.useFakeTimers({ toFake: ["setTimeout", "setInterval", "clearTimeout", "clearInterval"] });

  test("is reset when the client takes nothing for so long", async () => {
    timers();
    const release = vi.fn();
    const { port, responses } = await serving((response) => {
      releaseOnResponse(response, release, { idleTimeout: 100 });
      response.end(MANY);
    });
    const client = silent(port, GET);
    await until(() => responses.length > 0 && queued(responses[0]!) > 0);
    await roundTrip(port);
    const taken = responses[0]!.socket!.bytesWritten - queued(responses[0]!);
    vi.advanceTimersByTime(124);
    expect(release).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(release).toHaveBeenCalledTimes(1);
    expect(responses[0]!.destroyed).toBe(true);
    const { errored } = responses[0] as { errored?: unknown };
    expect(errored).toMatchObject({ code: "ERR_STALLED", budget: "idleTimeout", milliseconds: 100 });
    expect(vi.getTimerCount()).toBe(0);
    // Closed, the operating system would go on to offer it all that it has taken.
    const closed = new Promise((resolve) => client.once("close", resolve));
    client.resume();
    await closed;
    expect(client.bytesRead).toBeLessThan(taken);
  });

  test("is kept for a client that takes a little now and then", async () => {
    timers();
    const release = vi.fn();
    const { port, responses } = await serving((response) => {
      releaseOnResponse(response, release, { idleTimeout: 100 });
      // So much that it is not over when the kernel has taken some of it four times.
      response.end(Buffer.alloc(4 * MANY.length));
    });
    const client = silent(port, GET);
    await until(() => responses.length > 0 && queued(responses[0]!) > 0);
    for (let time = 0; time < 3; time++) {
      vi.advanceTimersByTime(75);
      const before = queued(responses[0]!);
      while (queued(responses[0]!) >= before) {
        client.resume();
        await turn();
        client.pause();
      }
    }
    expect(release).not.toHaveBeenCalled();
    client.resume();
    await until(() => release.mock.calls.length > 0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is kept while its handler takes its time, and while another is before it", async () => {
    timers();
    const release = vi.fn();
    const { port, responses } = await serving((response) => {
      releaseOnResponse(response, release, { idleTimeout: 100 });
      response.write("slow");
    });
    silent(port, GET.repeat(2)).resume();
    await until(() => responses.length === 2);
    await until(() => responses[0]!.writableLength === 0);
    vi.advanceTimersByTime(1_000);
    expect(release).not.toHaveBeenCalled();
  });

  test("is closed where a connection cannot be reset", async () => {
    timers();
    const folder = await mkdtemp(join(tmpdir(), "sluice-"));
    cleanups.push(() => void rm(folder, { recursive: true }));
    const release = vi.fn();
    const server = createServer((_request, response) => {
      releaseOnResponse(response, release, { lifetime: 100 });
      response.flushHeaders();
    });
    const path = join(folder, "pipe");
    await new Promise<void>((resolve) => server.listen(path, resolve));
    cleanups.push(() => server.close());
    const client = connect(path).on("error", () => undefined);
    client.write(GET);
    await new Promise((resolve) => client.once("data", resolve));
    const closed = new Promise((resolve) => client.once("close", resolve));
    vi.advanceTimersByTime(100);
    expect(release).toHaveBeenCalledTimes(1);
    await closed;
  });

  test("is released when its lifetime is over, whoever is slow", async () => {
    timers();
    const release = vi.fn();
    const { port, responses } = await serving((response) =>
      releaseOnResponse(response, release, { lifetime: 100 }),
    );
    silent(port, GET);
    await until(() => responses.length > 0);
    vi.advanceTimersByTime(99);
    expect(release).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(release).toHaveBeenCalledTimes(1);
    expect(responses[0]!.destroyed).toBe(true);
  });
});

const frame = (type: number, flags: number, stream: number, payload: Buffer): Buffer => {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
};
const SETTINGS = frame(4, 0, 0, Buffer.from([0, 4, 0x7f, 0xff, 0xff, 0xff]));
const WINDOW = frame(8, 0, 0, Buffer.from([0x40, 0, 0, 0]));
// GET http / with an authority, in the static table of HPACK.
const HEADERS = Buffer.from([0x82, 0x86, 0x84, 0x41, 0x01, 0x61]);

/** What a client says that takes as much as there is, if only it read. */
const hungry = (requests: number): Buffer =>
  Buffer.concat([
    Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ...[SETTINGS, WINDOW],
    ...Array.from({ length: requests }, (_, n) => frame(1, 5, 2 * n + 1, HEADERS)),
  ]);

describe("a stream of HTTP/2", () => {
  async function streaming(handle: (stream: ServerHttp2Stream, n: number) => void) {
    const streams: ServerHttp2Stream[] = [];
    const server = http2.createServer();
    server.on("stream", (stream: ServerHttp2Stream) => handle(stream, streams.push(stream)));
    return { port: await listening(server), streams };
  }

  function client(port: number) {
    const session = http2.connect(`http://127.0.0.1:${port}`).on("error", () => undefined);
    cleanups.push(() => session.destroy());
    return session;
  }

  test("is not released when the session has it, but when it has left the process", async () => {
    const released: number[] = [];
    const finished: number[] = [];
    const { port, streams } = await streaming((stream, n) => {
      releaseOnResponse(stream, () => released.push(n));
      stream.once("finish", () => finished.push(n));
      if (n === 1) {
        stream.respond();
        stream.end(Buffer.alloc(8 * 2 ** 20));
      }
    });
    const peer = silent(port, hungry(2));
    await until(() => streams.length === 2);
    await roundTrip(port);
    streams[1]!.respond({ ":status": 204 }, { endStream: true });
    await until(() => finished.length > 0);
    await roundTrip(port);
    expect([finished, released]).toEqual([[2], []]);
    peer.resume();
    await until(() => released.length === 2);
    expect(released.toSorted()).toEqual([1, 2]);
  });

  test("is released when it has been read, through the response as through the stream", async () => {
    const released: string[] = [];
    const server = http2.createServer((_request, response: Http2ServerResponse) => {
      releaseOnResponse(response, () => released.push("response"));
      releaseOnResponse(response.stream, () => released.push("stream"));
      response.end("bye");
    });
    const request = client(await listening(server)).request({ ":path": "/" });
    expect(await request.setEncoding("utf8").toArray()).toEqual(["bye"]);
    await until(() => released.length === 2);
    expect(released).toEqual(["response", "stream"]);
  });

  test.each(["the stream", "the session"])("is released when the client closes %s", async (what) => {
    const release = vi.fn();
    const { port, streams } = await streaming((stream) => {
      stream.on("error", () => undefined);
      releaseOnResponse(stream, release);
      stream.respond();
      stream.write("never ends");
    });
    const session = client(port);
    const request = session.request({ ":path": "/" }).on("error", () => undefined);
    await new Promise((resolve) => request.once("data", resolve));
    expect(release).not.toHaveBeenCalled();
    if (what === "the stream") request.close(http2.constants.NGHTTP2_CANCEL);
    else session.destroy();
    await until(() => release.mock.calls.length > 0);
    expect(release).toHaveBeenCalledTimes(1);
    expect(streams[0]!.destroyed).toBe(true);
    expect(streams[0]!.listeners("close").map(({ name }) => name)).not.toContain("over");
    releaseOnResponse(streams[0]!, release);
    expect(release).toHaveBeenCalledTimes(2);
  });

  test("is destroyed when the client takes nothing for so long, and nobody else has to hear of it", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "setInterval", "clearTimeout", "clearInterval"] });
    const release = vi.fn();
    const { port, streams } = await streaming((stream) => {
      releaseOnResponse(stream, release, { idleTimeout: 100, lifetime: 60_000 });
      stream.respond();
      stream.end(Buffer.alloc(8 * 2 ** 20));
    });
    const request = client(port).request({ ":path": "/" });
    const failed = new Promise((resolve) => request.once("error", resolve));
    request.pause();
    await until(() => streams.length > 0);
    await roundTrip(port);
    vi.advanceTimersByTime(125);
    expect(release).toHaveBeenCalledTimes(1);
    expect(streams[0]!.destroyed).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
    request.resume();
    expect(await failed).toMatchObject({ code: "ERR_HTTP2_STREAM_ERROR" });
  });
});

test("budgets that make no sense are refused, and nothing is released", async () => {
  const release = vi.fn();
  const response = {} as ServerResponse;
  expect(() => releaseOnResponse(response, release, { idleTimeout: 0 })).toThrow(
    expect.objectContaining({ code: "ERR_INVALID_VALUE" }),
  );
  expect(release).not.toHaveBeenCalled();
});
