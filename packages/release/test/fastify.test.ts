import { admission } from "@sluice/release/fastify";
import { MemoryBudget } from "@sluice/semaphore";
import fastify, { type FastifyInstance } from "fastify";
import { afterEach, expect, test, vi } from "vitest";
import { settled, Wire } from "./wire.js";

const CAPACITY = 100;
const apps: FastifyInstance[] = [];

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

async function make(options: object = {}, handler = vi.fn(async () => "hello")) {
  const budget = new MemoryBudget(CAPACITY, { maxWaiting: 1 });
  const app = fastify();
  apps.push(app);
  const errors: unknown[] = [];
  app.setErrorHandler((error, _request, reply) => {
    errors.push(error);
    return reply.code(500).send("error handler");
  });
  app.addHook("onRequest", async (_request, reply) => void reply.header("x-before", "yes"));
  await app.register(admission, { budget, weigh: () => CAPACITY, ...options });
  app.addContentTypeParser("*", (_request, _payload, done) => done(null));
  app.all("/*", handler);
  await app.ready();
  const say = async (head: string) => {
    const wire = new Wire();
    wire.on("error", () => undefined);
    app.server.emit("connection", wire);
    wire.push(`${head}\r\nhost: a\r\n\r\n`);
    await settled();
    return wire;
  };
  return { app, budget, handler, errors, say };
}

test("who is admitted gets to the handler, and gives the permit back behind its answer", async () => {
  const { budget, handler, say } = await make({ weigh: ({ method }: { method: string }) => method.length });
  expect((await say("GET / HTTP/1.1")).told).toMatch(/^HTTP\/1.1 200 .*x-before: yes.*hello$/s);
  expect(handler).toHaveBeenCalledTimes(1);
  expect(budget.snapshot()).toMatchObject({ granted: 1, held: 0, peakHeld: 3 });
});

test("who is refused is answered once, with the headers set before, and gets to no handler", async () => {
  const { budget, handler, errors, say } = await make();
  budget.close();
  const { told } = await say("GET / HTTP/1.1");
  expect(told).toMatch(/^HTTP\/1.1 503 .*x-before: yes.*Try again later\.\n$/s);
  expect([handler.mock.calls, errors]).toEqual([[], []]);
});

test("who has left gets to no handler, and is nobody's error", async () => {
  const { budget, handler, errors, say } = await make();
  const permit = await budget.acquire(1);
  (await say("GET / HTTP/1.1")).destroy();
  await settled();
  permit.release();
  await settled();
  expect([handler.mock.calls, errors, budget.held, budget.waiting]).toEqual([[], [], 0, 0]);
});

test("a body that crosses the limit while its handler runs is answered in place of that", async () => {
  const { budget, errors, say } = await make(
    { maxBody: 5 },
    vi.fn(async (_request: unknown, reply?: { code(status: number): { send(text: string): unknown } }) => {
      await settled();
      return reply!.code(200).send("late");
    }) as never,
  );
  const wire = await say("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\ncontent-type: a/b");
  wire.push("6\r\nhello!\r\n");
  await settled();
  wire.push("0\r\n\r\n");
  await settled();
  await settled();
  expect(wire.told).toMatch(/^HTTP\/1.1 413 .*x-before: yes.*at most\.\n/s);
  expect(wire.told).not.toContain("late");
  expect([errors, budget.held]).toEqual([[], 0]);
});

test("what goes wrong goes to the error handler", async () => {
  const boom = new Error("boom");
  const { handler, errors, say } = await make({ weigh: () => Promise.reject(boom) });
  expect((await say("GET / HTTP/1.1")).told).toMatch(/^HTTP\/1.1 500 .*error handler$/s);
  expect([handler.mock.calls, errors]).toEqual([[], [boom]]);
});

test("the plugin holds for the scope that registers it, and says what it is called and made for", async () => {
  const { app } = await make();
  expect(app.hasPlugin("@sluice/release")).toBe(true);
  expect(app.printPlugins()).toContain("@sluice/release");
  const told = (symbol: string) => Reflect.get(admission, Symbol.for(symbol));
  expect(told("fastify.display-name")).toBe("@sluice/release");
  expect(told("plugin-meta")).toEqual({ name: "@sluice/release", fastify: "5.x" });
  for (const options of [{ weigh: 1 }, { maxBody: -1 }]) {
    await expect(make(options)).rejects.toMatchObject({ code: "ERR_INVALID_VALUE" });
  }
});
