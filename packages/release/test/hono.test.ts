import type { AddressInfo } from "node:net";
import { serve as serveNode } from "@hono/node-server";
import { type AdmissionOptions, admission } from "@sluice/release/hono";
import { MemoryBudget } from "@sluice/semaphore";
import { Hono, type HonoRequest } from "hono";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ask, deferred, dial, open, until } from "./node-apps.js";

const CAPACITY = 100;

function make(options: Partial<AdmissionOptions<HonoRequest>> = {}) {
  const budget = new MemoryBudget(CAPACITY, { maxWaiting: 2 });
  const app = new Hono();
  const errors: unknown[] = [];
  app.use(async (context, next) => {
    context.header("x-before", "yes");
    await next();
  });
  app.use(admission({ budget, weigh: () => CAPACITY, ...options }));
  app.onError((error, context) => {
    errors.push(error);
    return context.text("error handler", 500);
  });
  return { budget, app, errors };
}

/** A body whose chunks the test hands out. */
function tap() {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const cancel = vi.fn();
  const stream = new ReadableStream<Uint8Array>({
    start(it) {
      controller = it;
    },
    cancel,
  });
  const send = (text: string) => controller.enqueue(new TextEncoder().encode(text));
  return { stream, send, close: () => controller.close(), cancel };
}

const upload = (body: ReadableStream<Uint8Array>): RequestInit =>
  ({ method: "POST", body, duplex: "half" }) as RequestInit;

async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe("a request", () => {
  test("holds its weight from before its handler until its response is taken, whose headers are kept", async () => {
    const { budget, app } = make({ weigh: (request) => (request.path === "/a" ? 40 : 60) });
    const { stream, send, close } = tap();
    app.get("/a", (context) => {
      expect(budget.held).toBe(40);
      context.header("set-cookie", "a=1", { append: true });
      context.header("set-cookie", "b=2", { append: true });
      return context.body(stream, 203, { "x-after": "too" });
    });
    const response = await app.request("/a");
    expect([response.status, response.headers.get("x-before"), response.headers.get("x-after")]).toEqual([
      203,
      "yes",
      "too",
    ]);
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    const text = response.text();
    send("a");
    await settled();
    expect(budget.held).toBe(40);
    send("b");
    close();
    expect(await text).toBe("ab");
    expect(budget.snapshot()).toMatchObject({ granted: 1, held: 0 });
  });

  test("whose response is dropped, has no body, or answers HEAD, gives its permit back", async () => {
    const { budget, app } = make();
    const { stream, cancel } = tap();
    const head = tap();
    app.get("/head", (context) => context.body(head.stream, 200, { "x-after": "too" }));
    app.get("/dropped", (context) => context.body(stream));
    app.get("/none", (context) => context.body(null, 204));
    await (await app.request("/dropped")).body!.cancel("enough");
    expect(cancel).toHaveBeenCalledExactlyOnceWith("enough");
    expect(budget.held).toBe(0);
    expect((await app.request("/none")).status).toBe(204);
    expect(budget.held).toBe(0);

    const response = await app.request("/head", { method: "HEAD" });
    expect([response.body, response.headers.get("x-after")]).toEqual([null, "too"]);
    expect(head.cancel).toHaveBeenCalledTimes(1);
    expect(budget.snapshot()).toMatchObject({ granted: 3, held: 0 });
  });

  test("to HEAD whose body fails to be cancelled gives its permit back", async () => {
    const { budget, app } = make();
    const cancel = () => Promise.reject(new Error("boom"));
    app.get("/", (context) => context.body(new ReadableStream({ cancel })));
    await app.request("/", { method: "HEAD" });
    await settled();
    expect(budget.held).toBe(0);
  });

  test("waits in line until it fits, and is answered with 503 when that takes too long or the line is full", async () => {
    const { budget, app } = make({ timeout: 1, retryAfter: 7 });
    app.get("/", (context) => context.text("hello"));
    const permit = await budget.acquire(CAPACITY);
    const late = await app.request("/");
    expect([late.status, late.headers.get("retry-after"), late.headers.get("x-before")]).toEqual([
      503,
      "7",
      "yes",
    ]);
    expect(await late.text()).toBe("Too much is in progress. Try again later.\n");
    const patient = make({ budget });
    patient.app.get("/", (context) => context.text("hello"));
    const waiting = [patient.app.request("/"), patient.app.request("/")];
    await until(() => budget.waiting === 2);
    expect((await app.request("/")).status).toBe(503);
    expect(budget.snapshot()).toMatchObject({ timedOut: 1, shed: 1 });
    permit.release();
    for (const response of waiting) expect(await (await response).text()).toBe("hello");
    expect(budget.held).toBe(0);
  });

  test("that fails in its handler gives its permit back", async () => {
    const boom = new Error("boom");
    const { budget, app, errors } = make();
    app.get("/error", () => {
      throw boom;
    });
    app.get("/other", () => {
      throw "no error";
    });
    expect(await (await app.request("/error")).text()).toBe("error handler");
    expect(errors).toEqual([boom]);
    await expect(app.request("/other")).rejects.toBe("no error");
    expect(budget.snapshot()).toMatchObject({ granted: 2, held: 0 });
  });

  test("meets errors of the program in the error handler", async () => {
    const { app, errors } = make({ weigh: () => 1.5 });
    expect(await (await app.request("/")).text()).toBe("error handler");
    expect(errors).toMatchObject([{ code: "ERR_INVALID_VALUE", what: "weight" }]);
  });

  test("leaves the line when its signal aborts, whatever the reason", async () => {
    const { budget, app, errors } = make();
    await budget.acquire(CAPACITY);
    for (const reason of ["left", new Error("left")]) {
      const client = new AbortController();
      const response = app.request("/", { signal: client.signal });
      await until(() => budget.waiting === 1);
      client.abort(reason);
      expect((await response).status).toBe(499);
      expect(budget.waiting).toBe(0);
    }
    expect(errors).toEqual([]);
  });

  test("whose signal aborts while weighing fails goes to the error handler all the same", async () => {
    const client = new AbortController();
    const boom = new Error("boom");
    const { app, errors } = make({
      weigh: () => {
        client.abort();
        throw boom;
      },
    });
    await app.request("/", { signal: client.signal });
    expect(errors).toEqual([boom]);
  });

  test("holds its permit as long as somebody reads its body, and not for a body that nobody reads", async () => {
    const { budget, app } = make();
    let body: Promise<string> | undefined;
    app.post("/read", (context) => {
      body = context.req.text();
      return context.text("early");
    });
    app.post("/left", (context) => context.text("early"));
    const { stream, send, close } = tap();
    expect(await (await app.request("/read", upload(stream))).text()).toBe("early");
    send("abc");
    await settled();
    expect(budget.held).toBe(CAPACITY);
    close();
    expect(await body).toBe("abc");
    await until(() => budget.held === 0);
    expect(await (await app.request("/left", upload(tap().stream))).text()).toBe("early");
    expect(budget.held).toBe(0);
  });

  test("whose budget fails with nothing to say is not taken for one that has left", async () => {
    const { app } = make({ budget: { acquire: () => Promise.reject(undefined) } });
    await expect(app.request("/")).rejects.toBe(undefined);
  });

  test("that makes no sense to admit is refused when the middleware is made", () => {
    expect(() => make({ budget: {} as never })).toThrow(expect.objectContaining({ what: "budget" }) as never);
  });

  test("loses a response that nobody takes, by the time budgets", async () => {
    const { budget, app } = make({ lifetime: 1 });
    app.get("/", (context) => context.body(tap().stream));
    await expect((await app.request("/")).text()).rejects.toMatchObject({ code: "ERR_STALLED" });
    expect(budget.held).toBe(0);
  });
});

describe("with maxBody", () => {
  test("a body that declares more is answered with 413, unread and unweighed", async () => {
    const weigh = vi.fn(() => 1);
    const { app } = make({ maxBody: 5, weigh });
    const response = await app.request("/", {
      method: "POST",
      body: "hello!",
      headers: { "content-length": "6" },
    });
    expect([response.status, await response.text()]).toEqual([
      413,
      "The request may have 5 bytes at most.\n",
    ]);
    expect(weigh).not.toHaveBeenCalled();
  });

  test("a body up to the limit passes, declared or not", async () => {
    const { budget, app } = make({ maxBody: 5 });
    app.post("/", async (context) => context.text(await context.req.text()));
    for (const headers of [{ "content-length": "5" }, {}] as Record<string, string>[]) {
      const response = await app.request("/", { method: "POST", body: "hello", headers });
      expect(await response.text()).toBe("hello");
      expect(budget.held).toBe(0);
    }
  });

  test("a body that crosses the limit unannounced is answered with 413, and left to the server", async () => {
    const { budget, app, errors } = make({ maxBody: 5 });
    app.post("/", async (context) => context.text(await context.req.text()));
    const { stream, send, cancel } = tap();
    send("hel");
    send("lo!");
    const response = await app.request("/", upload(stream));
    expect([response.status, await response.text()]).toEqual([
      413,
      "The request may have 5 bytes at most.\n",
    ]);
    expect(errors).toMatchObject([{ code: "ERR_TOO_LARGE", limit: 5, seen: 6 }]);
    expect(cancel).not.toHaveBeenCalled();
    expect(budget.held).toBe(0);
  });

  test("a handler that deals with it answers as it likes, and its own errors stay its own", async () => {
    const { budget, app } = make({ maxBody: 5 });
    app.post("/caught", async (context) =>
      context.text(await context.req.text().catch((error) => error.code)),
    );
    app.post("/own", () => {
      throw Object.assign(new Error("another"), { code: "ERR_TOO_LARGE" });
    });
    for (const [path, text] of [
      ["/caught", "ERR_TOO_LARGE"],
      ["/own", "error handler"],
    ] as const) {
      const { stream, send } = tap();
      send("hello!");
      expect(await (await app.request(path, upload(stream))).text()).toBe(text);
      expect(budget.held).toBe(0);
    }
  });
});

describe("on Node's server", () => {
  // Serving replaces these two.
  const { Request, Response } = globalThis;
  const servers: ReturnType<typeof serveNode>[] = [];
  afterEach(async () => {
    Object.defineProperties(globalThis, { Request: { value: Request }, Response: { value: Response } });
    for (const server of servers.splice(0)) {
      const closed = new Promise((resolve) => server.close(resolve));
      (server as never as { closeAllConnections(): void }).closeAllConnections();
      await closed;
    }
  });

  async function listen(app: Hono): Promise<number> {
    const listening = deferred<number>();
    const server = serveNode({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, (info) =>
      listening.resolve((info as AddressInfo).port),
    );
    servers.push(server);
    return listening.promise;
  }

  test("requests are served, refused and limited", async () => {
    const { budget, app } = make({ timeout: 1, maxBody: 5 });
    app.post("/", async (context) => context.text(await context.req.text()));
    const port = await listen(app);
    expect(await ask(port, "POST", "hello")).toMatchObject({ status: 200, text: "hello" });
    expect(await ask(port, "POST", "hello!")).toMatchObject({ status: 413 });
    const { socket, text } = dial(port, "POST / HTTP/1.1\r\ntransfer-encoding: chunked");
    socket.write("6\r\nhello!\r\n");
    await until(() => text().endsWith("at most.\n"));
    expect(text()).toMatch(/^HTTP\/1.1 413 /);
    socket.destroy();
    await until(() => budget.held === 0);
    const permit = await budget.acquire(CAPACITY);
    expect(await ask(port, "POST", "hello")).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
    permit.release();
  });

  test("a client that leaves, in line or within the response, leaves nothing behind", async () => {
    const { budget, app, errors } = make();
    const { stream, send, cancel } = tap();
    app.get("/", (context) => context.body(stream));
    const port = await listen(app);
    const permit = await budget.acquire(CAPACITY);
    const inLine = open(port);
    inLine.client.end();
    await until(() => budget.waiting === 1);
    inLine.client.destroy();
    await until(() => budget.waiting === 0);
    permit.release();

    const reading = open(port);
    reading.client.end();
    send("a");
    await reading.response;
    expect(budget.held).toBe(CAPACITY);
    reading.client.destroy();
    await until(() => budget.held === 0);
    expect(cancel).toHaveBeenCalledTimes(1);
    expect(errors).toEqual([]);
  });
});
