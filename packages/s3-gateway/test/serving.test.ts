import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, type RequestOptions, request } from "node:http";
import { request as tlsRequest } from "node:https";
import { connect, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { MemoryStore, type ObjectStore } from "@sluice/object-store";
import { createGateway, type Gateway, type GatewayEvent, type GatewayOptions } from "@sluice/s3-gateway";
import { type ServeOptions, type Serving, serve } from "@sluice/s3-gateway/node";
import { MemoryBudget } from "@sluice/semaphore";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ONE, TWO } from "./certificates.js";

// What a server does beside answering requests: it needs sockets.

const MiB = 2 ** 20;
let store: MemoryStore;
let budget: MemoryBudget;
let gateway: Gateway;
let serving: Serving;
let events: GatewayEvent[];

beforeEach(async () => {
  store = new MemoryStore();
  await store.buckets.create("box");
  await store.put({ bucket: "box", key: "large" }, new Uint8Array(16 * MiB));
  budget = new MemoryBudget(2 * MiB);
  events = [];
});
afterEach(async () => {
  await serving.close();
  expect(budget.held).toBe(0);
});

async function start(options: Partial<ServeOptions> = {}, more: Partial<GatewayOptions> = {}) {
  const onEvent = (event: GatewayEvent): void => void events.push(event);
  gateway = createGateway({ store, budget, authenticate: "anonymous", onEvent, ...more });
  serving = await serve(gateway, { port: 0, ...options });
}

async function answer(to: ClientRequest) {
  to.end();
  const [response] = (await once(to, "response")) as [IncomingMessage];
  let text = "";
  for await (const piece of response) text += piece as string;
  return { status: response.statusCode, headers: response.headers, text, socket: response.socket };
}

const get = (path: string, options: RequestOptions = {}) =>
  answer(request({ host: "127.0.0.1", port: serving.port, path, agent: false, ...options }));

const admin = async (path: string) => {
  const response = await fetch(`${serving.adminUrl}${path}`);
  return [response.status, await response.text()] as const;
};

async function open(text = ""): Promise<Socket> {
  const socket = connect(serving.port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  if (text !== "") socket.write(text);
  return socket;
}

const until = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 5 });

describe("the other port", () => {
  it("says that it lives, that it is ready, and what was counted", async () => {
    await start({ admin: { port: 0 } });
    await get("/box/none");
    expect(await admin("/health/live")).toEqual([200, "live\n"]);
    expect(await admin("/health/ready")).toEqual([200, "ready\n"]);
    const [status, text] = await admin("/metrics");
    expect([status, text]).toEqual([200, expect.stringContaining('operation="GetObject",status="4xx"} 1\n')]);
    expect(text).toMatch(/^sluice_gateway_connections \d+$/m);
    expect((await admin("/box/large"))[0]).toBe(404);
    expect((await fetch(`${serving.adminUrl}/metrics`, { method: "POST" })).status).toBe(405);
    expect((await get("/health/live")).status).toBe(404);
  });

  it("is not ready while the budget has been exhausted for long, or the server closes", async () => {
    await start({ admin: { port: 0, readyTimeout: 1 } });
    const all = budget.tryAcquire(2 * MiB)!;
    const waiting = get("/box/large");
    await until(() => expect(gateway.snapshot().stuckMs).toBeGreaterThan(1));
    expect(await admin("/health/ready")).toEqual([503, "the budget is exhausted\n"]);
    all.release();
    await waiting;
    expect(await admin("/health/ready")).toEqual([200, "ready\n"]);
    const to = request({ host: "127.0.0.1", port: serving.port, path: "/box/large" });
    to.end();
    const [response] = (await once(to, "response")) as [IncomingMessage];
    const closing = serving.close();
    expect(await admin("/health/ready")).toEqual([503, "closing\n"]);
    expect(await admin("/health/live")).toEqual([200, "live\n"]);
    response.resume();
    await closing;
    await expect(admin("/health/live")).rejects.toThrow();
  });

  it("that is taken leaves nothing behind", async () => {
    await start();
    const other = createGateway({ store, budget, authenticate: "anonymous" });
    await expect(serve(other, { port: 0, admin: { port: serving.port } })).rejects.toMatchObject({
      code: "EADDRINUSE",
    });
  });
});

describe("TLS", () => {
  const overTls = (path: string) =>
    answer(
      tlsRequest({ host: "127.0.0.1", port: serving.port, path, agent: false, rejectUnauthorized: false }),
    );
  const nameIn = (socket: Socket) => (socket as TLSSocket).getPeerX509Certificate()!.subject;

  it("serves, and takes another certificate without closing", async () => {
    await start({ tls: ONE });
    expect(serving.url).toMatch(/^https:/);
    let name: string | undefined;
    const to = tlsRequest({
      host: "127.0.0.1",
      port: serving.port,
      path: "/box?location",
      agent: false,
      rejectUnauthorized: false,
    });
    to.on("response", ({ socket }) => {
      name = nameIn(socket);
    });
    expect((await answer(to)).status).toBe(200);
    expect(name).toContain("one");
    serving.reload(TWO);
    const next = tlsRequest({
      host: "127.0.0.1",
      port: serving.port,
      path: "/box?location",
      agent: false,
      rejectUnauthorized: false,
    });
    next.on("response", ({ socket }) => {
      name = nameIn(socket);
    });
    await answer(next);
    expect(name).toContain("two");
    expect(() => serving.reload({ key: "no key", cert: "none" })).toThrow();
    expect((await overTls("/box/large")).text.length).toBe(16 * MiB);
  });

  it("is not there to be changed on a plain server", async () => {
    await start();
    expect(() => serving.reload(ONE)).toThrow(/tls/);
  });
});

describe("connections", () => {
  it("above the cap are closed, and counted", async () => {
    await start({ maxConnections: 2 });
    const kept = [await open(), await open()];
    const excess = await open("GET /box/large HTTP/1.1\r\nHost: a\r\n\r\n");
    await once(excess, "close");
    expect([serving.connections, serving.dropped]).toEqual([2, 1]);
    for (const socket of kept) socket.destroy();
    await until(() => expect(serving.connections).toBe(0));
    expect((await get("/box?location")).status).toBe(200);
  });

  it("that never finish their headers are answered with 408 and closed", async () => {
    await start({ headersTimeout: 200 });
    const silent = await open();
    const slow = await open("GET /box/large HTTP/1.1\r\nHost: a\r\nX-");
    let told = "";
    slow.on("data", (bytes) => {
      told += String(bytes);
    });
    await Promise.all([once(slow, "close"), once(silent.resume(), "close")]);
    expect(told).toMatch(/^HTTP\/1\.1 408 /);
  });

  it("with too many headers, or too large ones, are refused", async () => {
    await start();
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`x-${n}`, "1"]));
    expect(await get("/box/large", { headers: many })).toMatchObject({
      status: 400,
      text: expect.stringContaining("RequestHeaderSectionTooLarge"),
    });
    expect((await get("/box/large", { headers: { "x-a": "a".repeat(17_000) } })).status).toBe(431);
    expect(events).toEqual([]);
  });

  it.each([
    ["maxConnections", 0],
    ["headersTimeout", Number.POSITIVE_INFINITY],
    ["maxHeaderSize", 10],
    ["maxRequestsPerSocket", 1.5],
  ])("are not served with %s = %d", async (name, value) => {
    await start();
    const options = { port: 0, [name]: value };
    await expect(serve(gateway, options)).rejects.toThrow(name);
  });
});

describe("a client that stops reading", () => {
  it("is reset, so that nothing of its answer stays behind", async () => {
    await start({}, { limits: { idleTimeout: 50 } });
    const socket = await open("GET /box/large HTTP/1.1\r\nHost: a\r\n\r\n");
    socket.pause();
    await until(() => expect(events).toMatchObject([{ code: "SlowReader", status: 200 }]));
    expect(budget.held).toBe(0);
    let late = 0;
    socket.on("data", (bytes: Uint8Array) => {
      late += bytes.length;
    });
    await once(socket.resume(), "close");
    // Closed, all that had left the process would still have come.
    expect(late).toBeLessThan(events[0]!.bytes / 2);
  });
});

describe("closing", () => {
  it("tells who waits for the budget, and closes kept connections behind their answers", async () => {
    await start();
    const all = budget.tryAcquire(2 * MiB)!;
    const first = get("/box/large", { headers: { connection: "keep-alive" } });
    await until(() => expect(gateway.snapshot().waiting).toBe(1));
    const closing = serving.close();
    const { status, headers } = await first;
    expect([status, headers.connection, headers["retry-after"]]).toEqual([503, "close", "1"]);
    await closing;
    expect(events).toMatchObject([{ shed: "closing" }]);
    all.release();
  });

  it("cuts off those who do not come to an end, a handshake too", async () => {
    await start({ tls: ONE, graceTimeout: 50 });
    const socket = await open();
    await until(() => expect(serving.connections).toBe(1));
    await Promise.all([serving.close(), once(socket.resume(), "close")]);
  });

  it("is what `await using` does", async () => {
    await start();
    await serving[Symbol.asyncDispose]();
    await expect(get("/box/large")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("of one server does not touch another one of the same gateway", async () => {
    await start();
    const other = await serve(gateway, { port: 0 });
    await other.close();
    expect((await get("/box/large")).status).toBe(200);
  });
});

describe("an upload that the store has stopped reading", () => {
  it("does not hear of a client that leaves, and is given up by time", async () => {
    let aborted = false;
    const stuck: ObjectStore = Object.assign(Object.create(store) as MemoryStore, {
      put: async (...[, body, options]: Parameters<ObjectStore["put"]>) => {
        const reader = (body as { stream: ReadableStream<Uint8Array> }).stream.getReader();
        await reader.read();
        return new Promise<never>((_, reject) => {
          options!.signal!.addEventListener("abort", () => {
            aborted = true;
            reject(options!.signal!.reason);
          });
        });
      },
    });
    await start({}, { store: stuck, limits: { storeTimeout: 300 } });
    const socket = await open(`PUT /box/k HTTP/1.1\r\nHost: a\r\nContent-Length: ${64 * MiB}\r\n\r\n`);
    socket.write(new Uint8Array(32 * MiB));
    await until(() => expect(budget.held).toBeGreaterThan(0));
    socket.destroy();
    await until(() => expect(aborted).toBe(true));
    await until(() => expect(events).toHaveLength(1));
    expect(events[0]!.code).toMatch(/ServiceUnavailable|RequestAborted/);
  });
});
