import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { afterAll, beforeAll, expect, test } from "vitest";

const WORKER = `
  import { Hono } from "hono";
  import { MemoryBudget } from "@sluice/semaphore";
  import { admission } from "@sluice/release/hono";

  const budget = new MemoryBudget(100);
  const app = new Hono();
  app.get("/held", (context) => context.json(budget.snapshot()));
  app.post("/fill", async (context) => {
    globalThis.permit = await budget.acquire(100);
    return context.text("full");
  });
  app.post("/empty", (context) => {
    globalThis.permit.release();
    return context.text("empty");
  });
  app.use(admission({ budget, weigh: () => 60, timeout: 1, retryAfter: 3, maxBody: 5 }));
  app.get("/stream", (context) => {
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    context.executionCtx.waitUntil((async () => {
      for (const part of ["a", "b", "c"]) await writer.write(new TextEncoder().encode(part));
      await writer.close();
    })());
    return context.body(readable, 203, { "x-held": String(budget.held) });
  });
  app.post("/echo", async (context) => context.text(await context.req.text()));
  app.get("/error", () => { throw new Error("boom"); });
  app.onError((error, context) => context.text(error.message, 500));
  export default app;
`;

let worker: Miniflare;

beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: { contents: WORKER, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    // No Node: an import of it would fail here.
    platform: "neutral",
    mainFields: ["module", "main"],
    conditions: ["@sluice/source", "workerd", "worker", "import"],
  });
  worker = new Miniflare({
    modules: true,
    script: outputFiles[0]!.text,
    compatibilityDate: "2026-04-01",
    host: "127.0.0.1",
    cf: false,
  });
  await worker.ready;
});

afterAll(() => worker.dispose());

const ask = (path: string, init?: Parameters<Miniflare["dispatchFetch"]>[1]) =>
  worker.dispatchFetch(`http://worker${path}`, init);

const held = async () => ((await (await ask("/held")).json()) as { held: number }).held;

test("on Workers a streamed response holds its permit, and gives it back at its end", async () => {
  const response = await ask("/stream");
  expect([response.status, response.headers.get("x-held")]).toEqual([203, "60"]);
  expect(await response.text()).toBe("abc");
  expect(await held()).toBe(0);
});

test("on Workers a request that does not fit is answered with 503 and Retry-After", async () => {
  await (await ask("/fill", { method: "POST" })).text();
  const response = await ask("/echo", { method: "POST", body: "hello" });
  expect([response.status, response.headers.get("retry-after")]).toEqual([503, "3"]);
  await response.text();
  await (await ask("/empty", { method: "POST" })).text();
  expect(await held()).toBe(0);
});

test("on Workers a body up to the limit passes, and a larger one is answered with 413", async () => {
  const stream = (text: string) =>
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(text));
        controller.close();
      },
    });
  expect(await (await ask("/echo", { method: "POST", body: "hello" })).text()).toBe("hello");
  const declared = await ask("/echo", { method: "POST", body: "hello!" });
  expect([declared.status, await declared.text()]).toEqual([413, "The request may have 5 bytes at most.\n"]);
  const undeclared = await ask("/echo", { method: "POST", body: stream("hello!"), duplex: "half" } as never);
  expect([undeclared.status, await undeclared.text()]).toEqual([
    413,
    "The request may have 5 bytes at most.\n",
  ]);
  expect(await held()).toBe(0);
});

test("on Workers HEAD and a handler that fails give their permits back", async () => {
  expect(await (await ask("/stream", { method: "HEAD" })).text()).toBe("");
  expect(await held()).toBe(0);
  expect(await (await ask("/error")).text()).toBe("boom");
  expect(await held()).toBe(0);
});
