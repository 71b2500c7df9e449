import { once } from "node:events";
import { Agent, type ClientRequest, type IncomingMessage, type RequestOptions, request } from "node:http";
import { connect } from "node:net";
import { MemoryStore, type ObjectStore } from "@sluice/object-store";
import { createGateway, type GatewayEvent, type GatewayOptions } from "@sluice/s3-gateway";
import { type Serving, serve } from "@sluice/s3-gateway/node";
import { MemoryBudget } from "@sluice/semaphore";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

// What only a socket can show.

const MiB = 2 ** 20;
let store: MemoryStore;
let budget: MemoryBudget;
let serving: Serving;
let agent: Agent;
let events: { next(): Promise<GatewayEvent> };

beforeEach(async () => {
  store = new MemoryStore();
  await store.buckets.create("box");
  await store.put({ bucket: "box", key: "large" }, new Uint8Array(16 * MiB));
  budget = new MemoryBudget(2 * MiB);
  agent = new Agent({ keepAlive: true, maxSockets: 1 });
});
afterEach(async () => {
  agent.destroy();
  await serving.close();
  expect(budget.held).toBe(0);
});

async function start(
  options: Partial<GatewayOptions> = {},
  more: { graceTimeout?: number } = {},
): Promise<void> {
  const queue: GatewayEvent[] = [];
  let wake = (): void => {};
  const onEvent = (event: GatewayEvent): void => {
    queue.push(event);
    wake();
  };
  events = {
    next: async () => {
      while (queue.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return queue.shift()!;
    },
  };
  serving = await serve(createGateway({ store, budget, authenticate: "anonymous", onEvent, ...options }), {
    port: 0,
    ...more,
  });
}

const send = (options: RequestOptions): ClientRequest =>
  request({ host: "127.0.0.1", port: serving.port, agent, ...options });

async function answerOf(to: ClientRequest) {
  const [response] = (await once(to, "response")) as [IncomingMessage];
  const pieces: Buffer[] = [];
  for await (const piece of response) pieces.push(piece as Buffer);
  const text = Buffer.concat(pieces).toString();
  return { status: response.statusCode, headers: response.headers, text };
}

/** What comes back on a connection of its own for these very bytes, until the server closes it. */
async function raw(text: string): Promise<string> {
  const socket = connect(serving.port, "127.0.0.1");
  let answer = "";
  socket.on("data", (bytes) => {
    answer += bytes.toString("latin1");
  });
  socket.on("error", () => {});
  socket.write(text);
  await once(socket, "close");
  return answer;
}

describe("a request target", () => {
  it.each([
    "/box/a/../../other/k",
    "/box/a/%2e%2e/k",
    "/box/./k",
    "/box\\k",
    "/box/k#fragment",
    "http://127.0.0.1/box/k",
    "*",
  ])("of %s is refused, as it would become another one", async (target) => {
    await start();
    const answer = await raw(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain("<Code>InvalidURI</Code>");
  });

  it("with a host that is none is refused", async () => {
    await start();
    expect(await raw("GET /box/large HTTP/1.1\r\nHost: a/b?c\r\n\r\n")).toContain("<Code>InvalidURI</Code>");
    expect(await raw("GET /box/large HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
  });

  it("may be spelled in another way", async () => {
    await start();
    await store.put({ bucket: "box", key: 'a"b{c}' }, new Uint8Array(3));
    const answer = await raw('GET /box/a"b{%63} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe("Expect: 100-continue", () => {
  const headers = { "content-length": String(4 * MiB), expect: "100-continue" };

  it("is answered when there is room, and the body is stored", async () => {
    await start();
    const to = send({ method: "PUT", path: "/box/k", headers });
    to.flushHeaders();
    await once(to, "continue");
    expect(budget.held).toBe(MiB);
    to.end(new Uint8Array(4 * MiB));
    expect((await answerOf(to)).status).toBe(200);
    expect((await store.head({ bucket: "box", key: "k" })).size).toBe(4 * MiB);
  });

  it("is answered with SlowDown while the budget is taken, and with no byte asked for", async () => {
    await start({ waitTimeout: 0 });
    const all = budget.tryAcquire(2 * MiB)!;
    const to = send({ method: "PUT", path: "/box/k", headers });
    let continued = false;
    to.on("continue", () => {
      continued = true;
    });
    to.flushHeaders();
    const { status, headers: told, text } = await answerOf(to);
    expect([status, told["retry-after"], told.connection, continued]).toEqual([503, "1", "close", false]);
    expect(text).toContain("<Code>SlowDown</Code>");
    all.release();
    to.destroy();
  });

  it("is answered with a refusal when the signature is missing", async () => {
    await start({ authenticate: () => undefined });
    const to = send({ method: "PUT", path: "/box/k", headers });
    let continued = false;
    to.on("continue", () => {
      continued = true;
    });
    to.flushHeaders();
    expect([(await answerOf(to)).status, continued]).toEqual([403, false]);
    to.destroy();
  });
});

describe("a client that leaves", () => {
  it("in the middle of a GET gives back what it held", async () => {
    await start();
    const to = send({ path: "/box/large" });
    to.end();
    const [response] = (await once(to, "response")) as [IncomingMessage];
    await once(response, "readable");
    expect(budget.held).toBe(MiB);
    to.destroy();
    expect(await events.next()).toMatchObject({ operation: "GetObject", code: "Aborted" });
    expect(budget.held).toBe(0);
  });

  it("in the middle of a PUT publishes nothing", async () => {
    let reached = (): void => {};
    const writing = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const put: ObjectStore["put"] = (...args) => {
      reached();
      return store.put(...args);
    };
    await start({ store: Object.assign(Object.create(store) as MemoryStore, { put }) });
    const to = send({ method: "PUT", path: "/box/k", headers: { "content-length": String(4 * MiB) } });
    to.on("error", () => {});
    to.write(new Uint8Array(MiB));
    await writing;
    expect(budget.held).toBe(MiB);
    to.destroy();
    expect(await events.next()).toMatchObject({ operation: "PutObject", code: "RequestAborted" });
    await expect(store.head({ bucket: "box", key: "k" })).rejects.toMatchObject({ code: "NoSuchKey" });
    expect(budget.held).toBe(0);
  });

  it("while it waits for the budget leaves the line", async () => {
    await start();
    const all = budget.tryAcquire(2 * MiB)!;
    const to = send({ path: "/box/large" });
    to.on("error", () => {});
    to.end();
    await once(to, "finish");
    to.destroy();
    expect(await events.next()).toMatchObject({ status: 499, code: "RequestAborted" });
    expect(budget.waiting).toBe(0);
    all.release();
  });
});

describe("an answer", () => {
  it("of a store that fails half-way breaks the connection", async () => {
    const failing: ObjectStore = Object.assign(Object.create(store) as MemoryStore, {
      get: async (source: Parameters<ObjectStore["get"]>[0]) => {
        const got = await store.get(source);
        let pulls = 0;
        const body = new ReadableStream<Uint8Array>(
          {
            pull(controller) {
              if (pulls++ === 0) controller.enqueue(new Uint8Array(1_000));
              else controller.error(new Error("the disk is gone"));
            },
          },
          { highWaterMark: 0 },
        );
        return { ...got, body };
      },
    });
    await start({ store: failing });
    const to = send({ path: "/box/large" });
    to.end();
    await expect(answerOf(to)).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(await events.next()).toMatchObject({ status: 200, code: "Aborted", bytes: 1_000 });
  });

  it("comes whole, and the connection serves the next request", async () => {
    await start();
    for (let i = 0; i < 3; i++) {
      const to = send({ path: "/box/large" });
      to.end();
      const { status, text } = await answerOf(to);
      expect([status, text.length, to.reusedSocket]).toEqual([200, 16 * MiB, i > 0]);
    }
  });

  it("to a small body that nobody read keeps the connection, to a large one closes it", async () => {
    await start({ authorize: () => false });
    const small = send({ method: "PUT", path: "/box/k", headers: { "content-length": "100000" } });
    small.end(new Uint8Array(100_000));
    expect((await answerOf(small)).headers.connection).toBe("keep-alive");
    const large = send({ method: "PUT", path: "/box/k", headers: { "content-length": String(MiB) } });
    large.end(new Uint8Array(MiB));
    const { status, headers } = await answerOf(large);
    expect([status, headers.connection, large.reusedSocket]).toEqual([403, "close", true]);
  });

  it("to a body without a length is 411", async () => {
    await start();
    const to = send({ method: "PUT", path: "/box/k", headers: { "transfer-encoding": "chunked" } });
    to.end("hello");
    const { status, text } = await answerOf(to);
    expect(status).toBe(411);
    expect(text).toContain("<Code>MissingContentLength</Code>");
  });
});

describe("closing", () => {
  it("lets a stream in progress end, and takes no new connection", async () => {
    await start();
    const to = send({ path: "/box/large" });
    to.end();
    const [response] = (await once(to, "response")) as [IncomingMessage];
    const closing = serving.close();
    let bytes = 0;
    for await (const piece of response) bytes += (piece as Buffer).length;
    expect(bytes).toBe(16 * MiB);
    await closing;
    const late = request({ host: "127.0.0.1", port: serving.port, path: "/box/large", agent: false });
    late.end();
    await expect(once(late, "response")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("cuts off what has not ended in the grace time", async () => {
    await start({}, { graceTimeout: 0 });
    const to = send({ path: "/box/large" });
    to.end();
    const [response] = (await once(to, "response")) as [IncomingMessage];
    const broken = once(response, "error");
    await serving.close();
    response.resume();
    await broken;
    expect(await events.next()).toMatchObject({ code: "Aborted" });
  });
});
