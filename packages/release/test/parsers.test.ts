import { createServer } from "node:http";
import * as http2 from "node:http2";
import type { AddressInfo } from "node:net";
import type { Readable } from "node:stream";
import { admission as ofExpress } from "@sluice/release/express";
import { admission as ofFastify } from "@sluice/release/fastify";
import { MemoryBudget } from "@sluice/semaphore";
import express from "express";
import fastify from "fastify";
import { expect, test, vi } from "vitest";
import { ask, open, until } from "./node-apps.js";

const CAPACITY = 100;

test("Express reads JSON behind the middleware, and its parser is told of a body that is too large", async () => {
  const budget = new MemoryBudget(CAPACITY);
  const errors: unknown[] = [];
  const app = express();
  app.use(ofExpress({ budget, weigh: () => CAPACITY, maxBody: 20 }));
  app.use(express.json({ type: () => true }));
  app.post("/", (request, response) => void response.json(request.body));
  app.use((error: unknown, _request: unknown, _response: unknown, _next: unknown) => void errors.push(error));
  const server = createServer(app).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  expect(await ask(port, "POST", '{"a":1}')).toMatchObject({ status: 200, text: '{"a":1}' });
  const { client, answer } = open(port, "POST", { "transfer-encoding": "chunked" });
  client.write('{"a":"0123456789');
  client.end('01234567890123456789"}');
  expect(await answer()).toMatchObject({ status: 413, text: "The request may have 20 bytes at most.\n" });
  await until(() => errors.length === 1 && budget.held === 0);
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
});

test("Fastify reads JSON behind the middleware, and answers a body that is too large once", async () => {
  const budget = new MemoryBudget(CAPACITY);
  const app = fastify({ forceCloseConnections: true });
  await app.register(ofFastify, { budget, weigh: () => CAPACITY, maxBody: 20 });
  const handler = vi.fn(async (request: { body: unknown }) => request.body);
  app.post("/", handler);
  await app.listen({ port: 0, host: "127.0.0.1" });
  const { port } = app.server.address() as AddressInfo;
  for (const [text, status] of [
    ['{"a":1}', 200],
    ['{"a":"012345678901234567890123456789"}', 413],
  ] as const) {
    const { client, answer } = open(port, "POST", {
      "content-type": "application/json",
      "transfer-encoding": "chunked",
    });
    client.end(text);
    expect((await answer()).status).toBe(status);
    await until(() => budget.held === 0);
  }
  expect(handler).toHaveBeenCalledTimes(1);
  await app.close();
});

test("Fastify over HTTP/2 admits, limits and refuses in the same way", async () => {
  const budget = new MemoryBudget(CAPACITY);
  const app = fastify({ http2: true, forceCloseConnections: true });
  await app.register(ofFastify as never, { budget, weigh: () => CAPACITY, maxBody: 5, timeout: 1 } as never);
  app.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
  app.post("/begun", (request, reply) => {
    reply.hijack();
    reply.raw.write("begun");
    // Nobody listens to its errors.
    (request.body as Readable).resume();
  });
  app.post("/counted", async (request) => `${Object.hasOwn(request.raw, "push")}`);
  app.post("/", async (request) => {
    let size = 0;
    for await (const chunk of request.body as AsyncIterable<Uint8Array>) size += chunk.length;
    return `${size}`;
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  const session = http2.connect(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`);
  const post = async (body: string) => {
    const stream = session.request({ ":method": "POST", "content-type": "a/b" });
    stream.on("error", () => undefined);
    stream.end(body);
    const headers = await new Promise<http2.IncomingHttpHeaders>((resolve) =>
      stream.once("response", resolve),
    );
    let text = "";
    for await (const chunk of stream.setEncoding("utf8")) text += chunk;
    return [headers[":status" as never], text];
  };
  expect(await post("hello")).toEqual([200, "5"]);
  await until(() => budget.held === 0);
  expect(await post("hello!")).toEqual([413, "The request may have 5 bytes at most.\n"]);
  await until(() => budget.held === 0);
  for (const [length, counted] of [
    [{}, "true"],
    [{ "content-length": "5" }, "false"],
  ] as const) {
    const stream = session.request({
      ":method": "POST",
      ":path": "/counted",
      "content-type": "a/b",
      ...length,
    });
    stream.end("hello");
    let text = "";
    for await (const chunk of stream.setEncoding("utf8")) text += chunk;
    expect(text).toBe(counted);
  }
  const begun = session.request({ ":method": "POST", ":path": "/begun", "content-type": "a/b" });
  const cut = new Promise((resolve) => begun.once("error", resolve));
  await new Promise((resolve) => begun.once("response", resolve));
  begun.write("hello!");
  expect(await cut).toMatchObject({ message: expect.stringContaining("INTERNAL_ERROR") });
  await until(() => budget.held === 0);
  const permit = await budget.acquire(CAPACITY);
  expect((await post("hello"))[0]).toBe(503);
  permit.release();
  const closed = new Promise((resolve) => session.close(() => resolve(undefined)));
  await closed;
  await app.close();
});
