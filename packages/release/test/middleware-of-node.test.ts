import type { IncomingMessage, ServerResponse } from "node:http";
import { TooLargeError } from "@sluice/release";
import { MemoryBudget } from "@sluice/semaphore";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  ask,
  deferred,
  dial,
  EXPRESS,
  FASTIFY,
  type Handler,
  open,
  type Serving,
  until,
} from "./node-apps.js";

const CAPACITY = 100;
const servers: Serving[] = [];

afterEach(async () => {
  vi.useRealTimers();
  for (const server of servers.splice(0)) await server.close();
});

/** Lets everything happen that is going to. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe.each([EXPRESS, FASTIFY])("$name", (framework) => {
  type Options = Partial<Parameters<typeof framework.serve>[0]>;

  async function serve(handler: Handler, options: Options = {}, before?: Handler) {
    const budget = new MemoryBudget(CAPACITY, { maxWaiting: 2 });
    const serving = await framework.serve({ budget, weigh: () => CAPACITY, ...options }, handler, before);
    servers.push(serving);
    return { budget, ...serving };
  }

  /** A handler whose requests wait until the test lets them go. */
  function held() {
    const arrived: { incoming: IncomingMessage; outgoing: ServerResponse }[] = [];
    const handler: Handler = (incoming, outgoing) => void arrived.push({ incoming, outgoing });
    return { arrived, handler };
  }

  test("a request holds its weight from before its handler until the last byte of its response has left", async () => {
    const { arrived, handler } = held();
    const { budget, port } = await serve(handler, {
      weigh: (request) => (request.method === "PUT" ? 40 : 60),
    });
    const client = open(port, "PUT");
    client.client.end();
    await until(() => arrived.length === 1);
    expect(budget.held).toBe(40);
    const { outgoing } = arrived[0]!;
    outgoing.write("a");
    const response = await client.response;
    expect(budget.held).toBe(40);
    outgoing.end("b");
    const answer = await client.answer();
    expect(answer).toMatchObject({ status: 200, text: "ab" });
    expect(response.complete).toBe(true);
    await until(() => budget.held === 0);
    expect(budget.snapshot()).toMatchObject({ granted: 1, held: 0, waiting: 0, peakHeld: 40 });
  });

  test("a response that the client does not take holds its permit", async () => {
    const { budget, port } = await serve((_incoming, outgoing) => outgoing.end(Buffer.alloc(20 * 2 ** 20)));
    const { client, response } = open(port);
    client.end();
    const incoming = await response;
    incoming.pause();
    await settled();
    expect(budget.held).toBe(CAPACITY);
    incoming.resume();
    await until(() => budget.held === 0);
  });

  test("who does not fit waits in line, then goes on", async () => {
    const { arrived, handler } = held();
    const { budget, port } = await serve(handler);
    const first = open(port);
    first.client.end();
    await until(() => arrived.length === 1);
    const second = open(port);
    second.client.end();
    await until(() => budget.waiting === 1);
    expect(arrived).toHaveLength(1);
    arrived[0]!.outgoing.end("first");
    expect((await first.answer()).text).toBe("first");
    await until(() => arrived.length === 2);
    arrived[1]!.outgoing.end("second");
    expect((await second.answer()).text).toBe("second");
    await until(() => budget.held === 0);
    expect(budget.snapshot()).toMatchObject({ granted: 2, peakHeld: CAPACITY });
  });

  test("who has waited for too long is answered with 503 and Retry-After, and its handler does not run", async () => {
    const handler = vi.fn();
    const { budget, port } = await serve(handler, { timeout: 1, retryAfter: 7 });
    const permit = await budget.acquire(CAPACITY);
    const { status, headers, text } = await ask(port, "POST", "hello");
    expect([status, text]).toEqual([503, "Too much is in progress. Try again later.\n"]);
    expect(headers).toMatchObject({
      "retry-after": "7",
      "content-type": "text/plain; charset=utf-8",
      "x-before": "yes",
      "content-length": `${text.length}`,
    });
    expect(budget.snapshot()).toMatchObject({ timedOut: 1, waiting: 0, held: CAPACITY });
    permit.release();
    expect(handler).not.toHaveBeenCalled();
  });

  test("who finds the line full or the budget closed is answered with 503 at once", async () => {
    const { budget, port } = await serve(() => undefined);
    await budget.acquire(CAPACITY);
    const waiting = Promise.allSettled([budget.acquire(1), budget.acquire(1)]);
    expect(await ask(port)).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
    expect(budget.snapshot()).toMatchObject({ shed: 1 });
    budget.close();
    expect((await ask(port)).status).toBe(503);
    await waiting;
  });

  test("a budget that knows when to come again says so itself, in whole seconds", async () => {
    for (const [retryAfter, seconds] of [
      [1_001, "2"],
      [undefined, "7"],
    ] as const) {
      const error = Object.assign(new Error("full"), { code: "ERR_OVERLOADED", retryAfter });
      const budget = { acquire: () => Promise.reject(error) };
      const { port } = await serve(() => undefined, { budget, retryAfter: 7 });
      expect(await ask(port)).toMatchObject({ status: 503, headers: { "retry-after": seconds } });
    }
  });

  test("a budget that fails with something odd lets nobody through", async () => {
    const handler = vi.fn();
    for (const odd of [undefined, null, "router", 0]) {
      const { port, errors } = await serve(handler, { budget: { acquire: () => Promise.reject(odd) } });
      expect((await ask(port)).status).toBe(500);
      if (framework === EXPRESS) {
        expect(errors).toEqual([new Error("the request could not be admitted", { cause: odd })]);
      }
    }
    expect(handler).not.toHaveBeenCalled();
  });

  test("waits ten seconds in line, unless it is told otherwise", async () => {
    const acquire = vi.fn((_weight: number, _options?: unknown) => Promise.resolve({ release() {} }));
    const { port } = await serve((_incoming, outgoing) => outgoing.end(), { budget: { acquire } });
    await ask(port);
    expect(acquire.mock.calls).toEqual([[CAPACITY, { signal: expect.any(AbortSignal), timeout: 10_000 }]]);
  });

  test("who weighs more than there is gets 413, and who weighs nothing passes unpaid", async () => {
    const { budget, port } = await serve((_incoming, outgoing) => outgoing.end("free"), {
      weigh: async (request) => (request.method === "GET" ? 0 : CAPACITY + 1),
    });
    const full = await budget.acquire(CAPACITY);
    expect(await ask(port)).toMatchObject({ status: 200, text: "free" });
    expect(await ask(port, "POST", "hello")).toMatchObject({
      status: 413,
      text: "The request needs more memory than there is.\n",
    });
    full.release();
    expect(budget.snapshot()).toMatchObject({ granted: 1, held: 0 });
  });

  test("errors of the program go to the framework's error handler, with nothing held", async () => {
    const boom = new Error("boom");
    for (const [options, expected] of [
      [{ weigh: () => Promise.reject(boom) }, boom],
      [{ weigh: () => Number.NaN }, expect.objectContaining({ code: "ERR_INVALID_VALUE", what: "weight" })],
      [{ weigh: () => -1 }, expect.objectContaining({ code: "ERR_INVALID_VALUE", value: -1 })],
      [{ budget: { acquire: () => Promise.reject(boom) } }, boom],
    ] as [Options, unknown][]) {
      const handler = vi.fn();
      const { budget, port, errors } = await serve(handler, options);
      expect(await ask(port)).toMatchObject({ status: 500, text: "error handler" });
      expect(errors).toEqual([expected]);
      expect(budget.snapshot()).toMatchObject({ held: 0, waiting: 0 });
      expect(handler).not.toHaveBeenCalled();
    }
  });

  test("a handler that fails, before or within its response, gives its permit back", async () => {
    const boom = new Error("boom");
    const { budget, port, errors } = await serve(async (_incoming, outgoing) => {
      if (errors.length > 0) {
        outgoing.write("begun");
        outgoing.destroy();
        return;
      }
      throw boom;
    });
    expect(await ask(port)).toMatchObject({ status: 500, text: "error handler" });
    expect(errors).toEqual([boom]);
    await until(() => budget.held === 0);
    await expect(ask(port)).rejects.toThrow();
    await until(() => budget.held === 0);
    expect(budget.snapshot()).toMatchObject({ granted: 2 });
  });

  test("nobody stays in line for a client that has left", async () => {
    const handler = vi.fn();
    const { budget, port, errors } = await serve(handler);
    const permit = await budget.acquire(CAPACITY);
    const { client } = open(port);
    client.end();
    await until(() => budget.waiting === 1);
    client.destroy();
    await until(() => budget.waiting === 0);
    expect(budget.snapshot()).toMatchObject({ aborted: 1, granted: 1 });
    permit.release();
    expect(budget.held).toBe(0);
    expect(errors).toEqual([]);
    expect(handler).not.toHaveBeenCalled();
  });

  test("a client that leaves while it is weighed, or in the turn of its grant, holds nothing", async () => {
    const handler = vi.fn();
    const weighing = deferred<number>();
    const weigh = vi.fn((_request: unknown) => weighing.promise);
    let gone = false;
    const first = await serve(handler, { weigh }, (_incoming, outgoing) => {
      outgoing.once("close", () => {
        gone = true;
      });
    });
    const { client } = open(first.port);
    client.end();
    await until(() => weigh.mock.calls.length === 1);
    client.destroy();
    await until(() => gone);
    weighing.resolve(CAPACITY);
    await settled();
    expect(first.budget.snapshot()).toMatchObject({ granted: 0, held: 0 });

    const release = vi.fn();
    const granting = deferred<{ release(): void }>();
    const acquire = vi.fn((_weight: number, _options?: unknown) => granting.promise);
    const second = await serve(handler, { budget: { acquire } });
    const other = open(second.port);
    other.client.end();
    await until(() => acquire.mock.calls.length === 1);
    const { signal } = acquire.mock.calls[0]![1] as { signal: AbortSignal };
    other.client.destroy();
    await until(() => signal.aborted);
    expect(signal.reason).toMatchObject({
      name: "ClientLeftError",
      code: "ERR_CLIENT_LEFT",
      message: "the client has closed the connection",
    });
    granting.resolve({ release });
    await until(() => release.mock.calls.length === 1);
    expect([...first.errors, ...second.errors]).toEqual([]);
    expect(handler).not.toHaveBeenCalled();
  });

  test("a client that has left before it comes to us is not weighed", async () => {
    const weigh = vi.fn(() => 1);
    const { port } = await serve(
      () => undefined,
      { weigh },
      (incoming, outgoing) => {
        if (incoming.url !== "/") return;
        outgoing.destroy();
      },
    );
    await expect(ask(port)).rejects.toThrow("no answer");
    expect(weigh).not.toHaveBeenCalled();
  });

  test("a client that leaves within the request body or the response gives its permit back", async () => {
    const { arrived, handler } = held();
    const { budget, port } = await serve((incoming, outgoing) => {
      incoming.on("error", () => undefined).resume();
      handler(incoming, outgoing);
    });
    const sending = open(port, "POST", { "content-length": "10" });
    sending.client.write("abc");
    await until(() => arrived.length === 1);
    expect(budget.held).toBe(CAPACITY);
    sending.client.destroy();
    await until(() => budget.held === 0);

    const reading = open(port);
    reading.client.end();
    await until(() => arrived.length === 2);
    arrived[1]!.outgoing.write("abc");
    await reading.response;
    expect(budget.held).toBe(CAPACITY);
    reading.client.destroy();
    await until(() => budget.held === 0);
    expect(budget.snapshot()).toMatchObject({ granted: 2 });
  });

  test("responses without a body give their permits back", async () => {
    const { budget, port } = await serve((incoming, outgoing) => {
      outgoing.statusCode = incoming.method === "HEAD" ? 200 : incoming.method === "PUT" ? 304 : 204;
      outgoing.end();
    });
    for (const [method, status] of [
      ["HEAD", 200],
      ["PUT", 304],
      ["DELETE", 204],
    ] as const) {
      expect(await ask(port, method)).toMatchObject({ status, text: "" });
      await until(() => budget.held === 0);
    }
  });

  test("a request to switch protocols, answered like any other, gives its permit back", async () => {
    const { budget, port } = await serve((_incoming, outgoing) => outgoing.end("no"));
    const { client, answer } = open(port, "GET", { connection: "Upgrade", upgrade: "websocket" });
    client.end();
    expect((await answer()).text).toBe("no");
    await until(() => budget.held === 0);
  });

  test("a response is followed by its permit only when the body that is still read is over", async () => {
    const { budget, port } = await serve((incoming, outgoing) => {
      incoming.resume().on("data", () => undefined);
      outgoing.end("early");
    });
    for (const end of [true, false]) {
      const { socket, text } = dial(port, "POST / HTTP/1.1\r\ncontent-length: 6");
      socket.write("abc");
      await until(() => text().endsWith("early"));
      await settled();
      expect(budget.held).toBe(CAPACITY);
      if (end) socket.write("def");
      else socket.destroy();
      await until(() => budget.held === 0);
      socket.destroy();
    }
  });

  test("a body that its handler has left is dropped behind the response, and cut off when it goes on for too long", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { arrived, handler } = held();
    const { budget, port } = await serve((incoming, outgoing) => {
      // Reads a little of it, and then no more.
      incoming.once("data", () => {
        incoming.pause();
        handler(incoming, outgoing);
        outgoing.end("enough");
      });
    });
    for (const ends of [true, false]) {
      const { socket, text, closed } = dial(port, "POST / HTTP/1.1\r\ncontent-length: 6");
      socket.write("abc");
      await until(() => text().endsWith("enough"));
      await until(() => budget.held === 0);
      const { incoming } = arrived.at(-1)!;
      expect(incoming.readableFlowing).toBe(true);
      if (ends) socket.write("def");
      if (ends) await until(() => incoming.readableEnded);
      vi.advanceTimersByTime(4_999);
      expect(incoming.socket.destroyed).toBe(false);
      vi.advanceTimersByTime(1);
      expect(incoming.socket.destroyed).toBe(!ends);
      socket.destroy();
      await closed;
      await until(() => incoming.socket.destroyed);
      expect(vi.getTimerCount()).toBe(0);
    }
  });

  describe("with maxBody", () => {
    const echo: Handler = async (incoming, outgoing) => {
      let size = 0;
      for await (const chunk of incoming) size += chunk.length;
      outgoing.end(`${size}`);
    };

    test("a body up to the limit passes, declared or not", async () => {
      const { budget, port } = await serve(echo, { maxBody: 5 });
      expect(await ask(port, "POST", "hello")).toMatchObject({ status: 200, text: "5" });
      const { client, answer } = open(port, "POST", { "transfer-encoding": "chunked" });
      client.write("hel");
      client.end("lo");
      expect(await answer()).toMatchObject({ status: 200, text: "5" });
      await until(() => budget.held === 0);
    });

    test("a body that declares more is answered with 413, unread, unweighed, and without a wait", async () => {
      const weigh = vi.fn(() => 1);
      const handler = vi.fn();
      const { budget, port } = await serve(handler, { maxBody: 5, weigh });
      await budget.acquire(CAPACITY);
      expect(await ask(port, "POST", "hello!")).toMatchObject({
        status: 413,
        text: "The request may have 5 bytes at most.\n",
        headers: { "x-before": "yes" },
      });
      expect([weigh.mock.calls.length, handler.mock.calls.length]).toEqual([0, 0]);
    });

    test("an undeclared body is answered with 413 when it crosses the limit, and its reader is told", async () => {
      const { budget, port, errors } = await serve(echo, { maxBody: 5 });
      const { client, answer } = open(port, "POST", { "transfer-encoding": "chunked" });
      client.write("hel");
      client.write("lo!");
      client.end("and more");
      expect(await answer()).toMatchObject({
        status: 413,
        text: "The request may have 5 bytes at most.\n",
        headers: { "x-before": "yes", connection: "close" },
      });
      await until(() => budget.held === 0);
      if (framework === EXPRESS) await until(() => errors.length === 1);
      if (framework === EXPRESS) expect(errors[0]).toMatchObject({ code: "ERR_TOO_LARGE", limit: 5 });
    });

    test("nothing beyond the limit is delivered, and a body that was cut does not look whole", async () => {
      const seen: unknown[] = [];
      const { budget, port } = await serve(
        (incoming) => {
          incoming.on("data", (chunk) => seen.push(`${chunk}`));
          incoming.on("end", () => seen.push("end"));
          incoming.on("error", (error) => seen.push(error));
        },
        { maxBody: 5 },
      );
      const { socket, text, closed } = dial(port, "POST / HTTP/1.1\r\ntransfer-encoding: chunked");
      socket.write("5\r\nhello\r\n");
      await until(() => seen.length === 1);
      socket.write("1\r\n!\r\n");
      await until(() => text().endsWith("at most.\n"));
      await settled();
      expect([seen, budget.held, socket.readyState]).toEqual([["hello"], CAPACITY, "open"]);
      socket.write("4\r\nmore\r\n0\r\n\r\n");
      await until(() => seen.length === 2);
      socket.end();
      await closed;
      expect(seen).toEqual(["hello", expect.any(TooLargeError)]);
      expect(seen[1]).toMatchObject({ limit: 5, seen: 6 });
      await until(() => budget.held === 0);
    });

    test("a body that crosses the limit while its response goes out cuts that off", async () => {
      const failed = deferred<unknown>();
      const { budget, port } = await serve(
        (incoming, outgoing) => {
          outgoing.write("begun");
          incoming.on("error", failed.resolve).resume();
        },
        { maxBody: 5 },
      );
      const { client, answer, response } = open(port, "POST", { "transfer-encoding": "chunked" });
      client.flushHeaders();
      await response;
      client.write("hello!");
      await expect(answer()).rejects.toMatchObject({ code: "ECONNRESET" });
      expect(await failed.promise).toMatchObject({ code: "ERR_TOO_LARGE" });
      await until(() => budget.held === 0);
    });

    test("a body that crosses the limit in line leaves the line", async () => {
      const handler = vi.fn();
      const { budget, port, errors } = await serve(handler, { maxBody: 5 });
      const permit = await budget.acquire(CAPACITY);
      const { client, answer } = open(port, "POST", { "transfer-encoding": "chunked" });
      client.flushHeaders();
      await until(() => budget.waiting === 1);
      client.end("hello!");
      expect((await answer()).status).toBe(413);
      expect(budget.snapshot()).toMatchObject({ waiting: 0, aborted: 1 });
      permit.release();
      expect([errors, handler.mock.calls, budget.held]).toEqual([[], [], 0]);
    });

    test("what has come before the request gets to us counts as well", async () => {
      const handler = vi.fn();
      const { budget, port } = await serve(handler, { maxBody: 5 }, (incoming) =>
        until(() => incoming.readableLength > 5),
      );
      const { client, answer } = open(port, "POST", { "transfer-encoding": "chunked" });
      client.end("hello!");
      expect((await answer()).status).toBe(413);
      expect([handler.mock.calls, budget.snapshot().granted]).toEqual([[], 0]);
    });

    test("a request without a body is not looked at", async () => {
      const { port } = await serve(
        (incoming, outgoing) => outgoing.end(`${Object.hasOwn(incoming, "push")}`),
        { maxBody: 0 },
      );
      expect((await ask(port)).text).toBe("false");
    });
  });

  describe("a refused upload", () => {
    test("that is small leaves the connection open for the next request", async () => {
      const { budget, port } = await serve((_incoming, outgoing) => outgoing.end("next"), { timeout: 1 });
      const permit = await budget.acquire(CAPACITY);
      const { socket, text } = dial(port, "POST / HTTP/1.1\r\ncontent-length: 5");
      socket.write("hello");
      await until(() => text().includes("Try again"));
      expect(text()).toMatch(/^HTTP\/1.1 503 /);
      expect(text()).not.toMatch(/connection: close/i);
      permit.release();
      socket.write("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
      await until(() => text().includes("next"));
      socket.destroy();
    });

    test.each(["content-length: 600000", "transfer-encoding: chunked"])(
      "that is large or open-ended is told at once, and let finish (%s)",
      async (length) => {
        const { budget, port } = await serve(() => undefined, { timeout: 1, maxBody: 600_000 });
        await budget.acquire(CAPACITY);
        const { socket, text, ended, closed } = dial(port, `POST / HTTP/1.1\r\n${length}`);
        await until(() => text().includes("Try again"));
        expect(text()).toMatch(/^HTTP\/1.1 503 .*connection: close/is);
        await settled();
        expect(ended()).toBe(false);
        const body = "x".repeat(600_000);
        socket.write(length.startsWith("c") ? body : `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
        await until(ended);
        socket.end();
        await closed;
        expect(socket.errored).toBe(null);
      },
    );

    test("that goes on for too long is cut off", async () => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      const { budget, port } = await serve(() => undefined, { maxBody: 5 });
      for (const leaves of [false, true]) {
        const { socket, text, ended, closed } = dial(port, "POST / HTTP/1.1\r\ncontent-length: 600000");
        socket.write("x");
        await until(() => text().endsWith("at most.\n"));
        expect(text()).toMatch(/^HTTP\/1.1 413 /);
        if (leaves) socket.destroy();
        else vi.advanceTimersByTime(4_999);
        await settled();
        expect([ended(), vi.getTimerCount()]).toEqual([false, leaves ? 0 : 1]);
        vi.advanceTimersByTime(1);
        if (!leaves) await until(ended);
        socket.end();
        await closed;
      }
      expect(budget.held).toBe(0);
    });

    test("to HEAD gets no body", async () => {
      const { budget, port } = await serve(() => undefined, { timeout: 1 });
      await budget.acquire(CAPACITY);
      expect(await ask(port, "HEAD")).toMatchObject({ status: 503, text: "" });
      const { client, response } = open(port, "HEAD", { "transfer-encoding": "chunked" });
      client.flushHeaders();
      expect((await response).statusCode).toBe(503);
      client.end();
    });
  });

  test("options that make no sense are refused before there is a request", async () => {
    for (const options of [{ weigh: undefined }, { maxBody: -1 }] as unknown as Options[]) {
      await expect(serve(() => undefined, options)).rejects.toMatchObject({ code: "ERR_INVALID_VALUE" });
    }
  });

  test("a client that takes nothing of its response loses it after the idle timeout", async () => {
    const { budget, port } = await serve((_incoming, outgoing) => outgoing.end(Buffer.alloc(20 * 2 ** 20)), {
      idleTimeout: 20,
    });
    const { client, response } = open(port);
    client.end();
    (await response).on("error", () => undefined).pause();
    await until(() => budget.held === 0);
  });

  test("a response that takes longer than its lifetime is lost", async () => {
    const { budget, port } = await serve((_incoming, outgoing) => outgoing.write("begun"), { lifetime: 20 });
    const { client, answer } = open(port);
    client.end();
    await expect(answer()).rejects.toMatchObject({ code: "ECONNRESET" });
    await until(() => budget.held === 0);
  });
});
