import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { type AdmissionOptions, admission as ofExpress } from "@sluice/release/express";
import { admission as ofFastify } from "@sluice/release/fastify";
import express from "express";
import fastify from "fastify";

export type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

export interface Serving {
  readonly port: number;
  /** What went to the error handler of the framework. */
  readonly errors: unknown[];
  close(): Promise<void>;
}

/** A framework with its middleware, in front of a handler that talks to Node itself. */
export interface Framework {
  readonly name: string;
  serve(options: AdmissionOptions<{ method?: string }>, handler: Handler, before?: Handler): Promise<Serving>;
}

async function closing(server: ReturnType<typeof createServer>): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

export const EXPRESS: Framework = {
  name: "Express",
  async serve(options, handler, before) {
    const errors: unknown[] = [];
    const app = express();
    if (before)
      app.use(async (incoming, outgoing, next) => {
        await before(incoming, outgoing);
        next();
      });
    app.use((_incoming, outgoing, next) => {
      outgoing.setHeader("x-before", "yes");
      next();
    });
    app.use(ofExpress(options));
    app.use((incoming, outgoing) => handler(incoming, outgoing));
    app.use((error: unknown, _incoming: unknown, outgoing: ServerResponse, _next: unknown) => {
      errors.push(error);
      if (outgoing.headersSent) return void outgoing.destroy();
      outgoing.writeHead(500).end("error handler");
    });
    const server = createServer(app).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    return { port: (server.address() as AddressInfo).port, errors, close: () => closing(server) };
  },
};

export const FASTIFY: Framework = {
  name: "Fastify",
  async serve(options, handler, before) {
    const errors: unknown[] = [];
    const app = fastify({ forceCloseConnections: true });
    if (before) app.addHook("onRequest", async (incoming, reply) => before(incoming.raw, reply.raw));
    app.addHook("onRequest", async (_incoming, reply) => {
      reply.header("x-before", "yes");
    });
    await app.register(ofFastify, options);
    app.addContentTypeParser("*", (_incoming, _payload, done) => done(null));
    app.removeContentTypeParser(["application/json", "text/plain"]);
    app.setErrorHandler((error, _incoming, reply) => {
      errors.push(error);
      return reply.code(500).send("error handler");
    });
    app.all("/*", async (incoming, reply) => {
      await handler(incoming.raw, reply.raw);
      return reply.hijack();
    });
    await app.listen({ port: 0, host: "127.0.0.1" });
    return { port: (app.server.address() as AddressInfo).port, errors, close: () => app.close() };
  },
};

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

/** A request that the test drives itself. */
export function open(port: number, method = "GET", headers: Record<string, string> = {}) {
  const client = request({ port, host: "127.0.0.1", method, headers, agent: false });
  client.on("error", () => undefined);
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    client.once("response", resolve).once("close", () => reject(new Error("no answer")));
  });
  response.catch(() => undefined);
  const answer = async (): Promise<Answer> => {
    const incoming = await response;
    let text = "";
    for await (const chunk of incoming.setEncoding("utf8")) text += chunk;
    return { status: incoming.statusCode!, headers: incoming.headers, text };
  };
  return { client, response, answer };
}

/** A connection that says just what the test says, and is kept until the test or the server ends it. */
export function dial(port: number, head: string) {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true }).setEncoding("utf8");
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  socket.on("error", () => undefined);
  let ended = false;
  socket.once("end", () => {
    ended = true;
  });
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.write(`${head}\r\nhost: a\r\n\r\n`);
  return { socket, closed, text: () => text, ended: () => ended };
}

export async function ask(port: number, method?: string, body?: string | Uint8Array): Promise<Answer> {
  const headers: Record<string, string> = body === undefined ? {} : { "content-length": `${body.length}` };
  const { client, answer } = open(port, method, headers);
  client.end(body);
  return answer();
}

/** Lets the event loop turn until it is so. */
export async function until(so: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!so()) {
    if (performance.now() > end) throw new Error(`in vain: ${so}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export function deferred<T = void>() {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
