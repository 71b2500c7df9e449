import { MemoryStore } from "@sluice/object-store";
import {
  type Cors,
  type CorsRule,
  createGateway,
  type GatewayEvent,
  type GatewayOptions,
} from "@sluice/s3-gateway";
import { MemoryBudget } from "@sluice/semaphore";
import { beforeEach, describe, expect, it } from "vitest";
import { ruleFor } from "../src/cors/rule.js";

const APP = "https://app.example.com";
const RULES: readonly CorsRule[] = [
  {
    allowedOrigins: [APP, "https://*.trusted.net"],
    allowedMethods: ["PUT", "GET"],
    allowedHeaders: ["content-type", "X-Amz-*"],
    exposeHeaders: ["ETag", "x-amz-request-id"],
    maxAgeSeconds: 3_000,
  },
  { allowedOrigins: ["*"], allowedMethods: ["HEAD"] },
];
const VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

let store: MemoryStore;
let budget: MemoryBudget;
let events: GatewayEvent[];
beforeEach(async () => {
  store = new MemoryStore();
  await store.buckets.create("box");
  await store.put({ bucket: "box", key: "k" }, new TextEncoder().encode("hello"));
  budget = new MemoryBudget("2MiB");
  events = [];
});

async function ask(
  method: string,
  path: string,
  headers: Record<string, string>,
  cors: Cors | undefined = RULES,
  options: Partial<GatewayOptions> = {},
) {
  const gateway = createGateway({
    store,
    budget,
    authenticate: "anonymous",
    cors,
    onEvent: (event) => events.push(event),
    ...options,
  });
  const answer = await gateway.fetch(new Request(`http://localhost${path}`, { method, headers }));
  const text = await answer.text();
  expect(budget.held).toBe(0);
  expect(answer.headers.get("x-amz-request-id")).toMatch(/^[0-9A-F]{16}$/);
  return {
    status: answer.status,
    code: /<Code>(.*?)<\/Code>/.exec(text)?.[1],
    text,
    told: Object.fromEntries([...answer.headers].filter(([name]) => /^(access-control|vary)/.test(name))),
  };
}
const preflight = (
  origin: string,
  method: string,
  names?: string,
  cors?: Cors,
  options?: Partial<GatewayOptions>,
) =>
  ask(
    "OPTIONS",
    "/box/k",
    {
      origin,
      "access-control-request-method": method,
      ...(names === undefined ? {} : { "access-control-request-headers": names }),
    },
    cors,
    options,
  );

describe("the question before a request of another origin", () => {
  it("is answered as the rules of the bucket say, without a signature and without the budget", async () => {
    const all = budget.tryAcquire(2 * 2 ** 20)!;
    const gateway = createGateway({ store, budget, authenticate: () => undefined, cors: RULES });
    const headers = {
      origin: APP,
      "access-control-request-method": "PUT",
      "access-control-request-headers": "Content-Type, x-amz-date,authorization".replace(
        ",authorization",
        "",
      ),
    };
    const answer = await gateway.fetch(new Request("http://localhost/box/k", { method: "OPTIONS", headers }));
    all.release();
    expect([answer.status, await answer.text()]).toEqual([200, ""]);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "access-control-allow-origin": APP,
      "access-control-allow-credentials": "true",
      "access-control-allow-methods": "PUT, GET",
      "access-control-allow-headers": "content-type, x-amz-date",
      "access-control-expose-headers": "ETag, x-amz-request-id",
      "access-control-max-age": "3000",
      "content-length": "0",
      vary: VARY,
    });
  });

  it("is told as an event", async () => {
    await preflight(APP, "PUT");
    await preflight("https://evil.net", "PUT");
    expect(events).toMatchObject([
      { operation: undefined, status: 200, code: undefined },
      { operation: undefined, status: 403, code: "AccessForbidden" },
    ]);
  });

  it("says any origin where any is allowed, and lets no credentials through", async () => {
    const { status, told } = await preflight("https://anywhere.org", "HEAD");
    expect(status).toBe(200);
    expect(told).toEqual({
      "access-control-allow-origin": "*",
      "access-control-allow-methods": "HEAD",
      vary: VARY,
    });
  });

  it.each([
    ["another origin", "https://evil.net", "PUT", undefined],
    ["an origin that only begins alike", `${APP}.evil.net`, "PUT", undefined],
    ["an origin with another scheme", "http://app.example.com", "PUT", undefined],
    ["no origin at all", "null", "PUT", undefined],
    ["another method", APP, "DELETE", undefined],
    ["a method in lower case", APP, "put", undefined],
    ["another header", APP, "PUT", "content-type, authorization"],
    ["a header that is none", APP, "PUT", "x-amz-date\u00e9"],
  ])("is refused for %s", async (_, origin, method, names) => {
    const { status, code, text, told } = await preflight(origin, method, names);
    expect([status, code]).toEqual([403, "AccessForbidden"]);
    expect(text).toContain("<Message>CORSResponse: This CORS request is not allowed.");
    expect(text).toContain(`<Method>${method}</Method><ResourceType>OBJECT</ResourceType>`);
    expect(told).toEqual({ vary: VARY });
  });

  it("is refused where there are no rules", async () => {
    const headers = { origin: APP, "access-control-request-method": "PUT" };
    for (const cors of [undefined, () => undefined]) {
      const { status, code, text, told } = await ask("OPTIONS", "/box/k", headers, cors, { cors });
      expect([status, code, told]).toEqual([403, "AccessForbidden", {}]);
      expect(text).toContain("<Message>CORSResponse: CORS is not enabled for this bucket.</Message>");
      expect(text).toContain("<Method>PUT</Method><ResourceType>BUCKET</ResourceType>");
    }
  });

  it("is refused in well-formed words, whatever the method is", async () => {
    const { text } = await preflight(APP, "\u0001UT");
    expect(text).toContain("<Method>\ufffdUT</Method>");
  });

  it("is none without an origin", async () => {
    const { status, code, text } = await ask("OPTIONS", "/box/k", {});
    expect([status, code]).toEqual([400, "BadRequest"]);
    expect(text).toContain("Insufficient information. Origin request header needed.");
  });

  it("is refused without a method", async () => {
    expect(await ask("OPTIONS", "/box/k", { origin: APP })).toMatchObject({
      status: 403,
      code: "AccessForbidden",
    });
  });
});

describe("an answer to a page of another origin", () => {
  it("carries the headers of the rule, refusals too", async () => {
    const told = {
      "access-control-allow-origin": "https://a.trusted.net",
      "access-control-allow-credentials": "true",
      "access-control-allow-methods": "PUT, GET",
      "access-control-expose-headers": "ETag, x-amz-request-id",
      "access-control-max-age": "3000",
      vary: VARY,
    };
    const origin = "https://a.trusted.net";
    expect(await ask("GET", "/box/k", { origin })).toMatchObject({ status: 200, text: "hello", told });
    expect(await ask("GET", "/box/none", { origin })).toMatchObject({ status: 404, told });
    expect(await ask("GET", "/none/k", { origin })).toMatchObject({ status: 404, told });
    expect(await ask("GET", "/box/k?torrent", { origin })).toMatchObject({ status: 501, told });
    const locked = { authenticate: () => undefined };
    expect(await ask("GET", "/box/k", { origin }, RULES, locked)).toMatchObject({ status: 403, told });
  });

  it("carries none where no rule fits, but is never kept for another origin", async () => {
    expect(await ask("GET", "/box/k", { origin: "https://evil.net" })).toMatchObject({
      status: 200,
      told: { vary: VARY },
    });
    expect(await ask("DELETE", "/box/none", { origin: APP })).toMatchObject({
      status: 204,
      told: { vary: VARY },
    });
    expect(await ask("GET", "/box/k", {})).toMatchObject({ status: 200, told: { vary: VARY } });
    expect((await ask("GET", "/box/k", { origin: APP }, undefined, { cors: undefined })).told).toEqual({});
  });

  it("is as the function of its bucket says, also where the bucket is a host", async () => {
    const asked: string[] = [];
    const cors = async (bucket: string) => {
      asked.push(bucket);
      return bucket === "box" ? RULES : undefined;
    };
    const origin = "https://anywhere.org";
    expect((await ask("HEAD", "/box/k", { origin }, cors)).told).toMatchObject({
      "access-control-allow-origin": "*",
    });
    expect((await ask("HEAD", "/other/k", { origin }, cors)).told).toEqual({});
    expect((await ask("HEAD", "/", { origin }, cors)).told).toEqual({});
    const gateway = createGateway({ store, budget, authenticate: "anonymous", cors, domain: "s3.test" });
    const answer = await gateway.fetch(
      new Request("http://box.s3.test/k", { method: "HEAD", headers: { origin } }),
    );
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(asked).toEqual(["box", "other", "box"]);
  });

  it("is closed to pages when the function fails, and nothing else is lost", async () => {
    const failures: readonly Cors[] = [
      () => Promise.reject(new Error("the database is gone")),
      () => {
        throw new Error("the database is gone");
      },
      () => [{ allowedOrigins: ["a*b*c"], allowedMethods: ["GET"] }],
    ];
    for (const cors of failures) {
      expect(await ask("GET", "/box/k", { origin: APP }, cors)).toMatchObject({
        status: 200,
        text: "hello",
        told: {},
      });
      expect(await preflight(APP, "GET", undefined, cors)).toMatchObject({
        status: 500,
        code: "InternalError",
      });
    }
  });
});

describe("CORS rules", () => {
  it.each<[string, Partial<CorsRule>]>([
    ["two stars in an origin", { allowedOrigins: ["https://*.*.net"] }],
    ["no origin", { allowedOrigins: [] }],
    ["no method", { allowedMethods: [] }],
    ["a method that S3 has not", { allowedMethods: ["PATCH" as "PUT"] }],
    ["two stars in a header", { allowedHeaders: ["x-*-*"] }],
    ["a header with a line of its own", { exposeHeaders: ["etag\r\nset-cookie: a"] }],
    ["a star among the headers that are shown", { exposeHeaders: [""] }],
    ["a time that is none", { maxAgeSeconds: 0.5 }],
    ["a time before now", { maxAgeSeconds: -1 }],
  ])("with %s are refused", (_, wrong) => {
    const cors = [{ allowedOrigins: ["*"], allowedMethods: ["GET"], ...wrong } as CorsRule];
    expect(() => createGateway({ store, budget, authenticate: "anonymous", cors })).toThrow("cors");
  });

  it("are a hundred at the most", () => {
    const cors = Array.from({ length: 101 }, () => RULES[0]!);
    expect(() => createGateway({ store, budget, authenticate: "anonymous", cors })).toThrow("cors");
  });

  it("count in their order", () => {
    const rules: readonly CorsRule[] = [
      { allowedOrigins: ["*"], allowedMethods: ["GET"], maxAgeSeconds: 1 },
      { allowedOrigins: [APP], allowedMethods: ["GET"], allowedHeaders: ["*"], maxAgeSeconds: 2 },
    ];
    const age = (headers: readonly string[]) =>
      ruleFor(rules, { origin: APP, method: "GET", headers })?.maxAgeSeconds;
    expect([age([]), age(["range"])]).toEqual([1, 2]);
  });

  it("let a star stand for nothing, and never count a letter twice", () => {
    const rule = (pattern: string): CorsRule => ({ allowedOrigins: [pattern], allowedMethods: ["GET"] });
    const fits = (pattern: string, origin: string) =>
      ruleFor([rule(pattern)], { origin, method: "GET", headers: [] }) !== undefined;
    expect(fits("http://a*", "http://a")).toBe(true);
    expect(fits("http://*.a.net", "http://.a.net")).toBe(true);
    expect(fits("aba*aba", "aba")).toBe(false);
    expect(fits("aba*aba", "abaaba")).toBe(true);
    expect(fits("https://a.net", "https://aXnet")).toBe(false);
  });
});
