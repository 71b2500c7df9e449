import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { createGateway, type GatewayEvent, type GatewayOptions } from "@sluice/s3-gateway";
import { type Serving, serve } from "@sluice/s3-gateway/node";
import { MemoryBudget } from "@sluice/semaphore";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KINDS, RawUpstream } from "./raw-upstream.js";

// What happens to the one end of a request when the other is gone.

const MiB = 2 ** 20;
let upstream: RawUpstream;
let serving: Serving;
let budget: MemoryBudget;
let over: Promise<GatewayEvent>;

beforeEach(async () => {
  upstream = await RawUpstream.start();
  budget = new MemoryBudget(MiB);
});
afterEach(async () => {
  await serving.close();
  await upstream.close();
  expect(budget.held).toBe(0);
});

async function start(options: Pick<GatewayOptions, "store"> & Partial<GatewayOptions>): Promise<void> {
  let onEvent = (_event: GatewayEvent): void => {};
  over = new Promise((resolve) => {
    onEvent = resolve;
  });
  serving = await serve(createGateway({ budget, authenticate: "anonymous", onEvent, ...options }), {
    port: 0,
  });
}

function send(method: string, path: string, headers: Record<string, string | number> = {}): ClientRequest {
  const to = request(serving.url + path, { method, headers, agent: false });
  to.on("error", () => {});
  to.flushHeaders();
  return to;
}

async function answerOf(to: ClientRequest) {
  const [response] = (await once(to, "response")) as [IncomingMessage];
  let text = "";
  for await (const piece of response) text += piece;
  const code = /<Code>(.*?)<\/Code>/.exec(text)?.[1];
  return { status: response.statusCode, headers: response.headers, text, code };
}

const complete =
  "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>e</ETag></Part></CompleteMultipartUpload>";

describe.each(KINDS)("over %s, a client that leaves", (kind) => {
  it.each([
    ["PutObject", "/box/k"],
    ["UploadPart", "/box/k?partNumber=1&uploadId=u"],
  ])("in the middle of its %s stops the request to the store", async (operation, path) => {
    await start({ store: upstream.store(kind) });
    const to = send("PUT", path, { "content-length": 4 * MiB });
    to.write(Buffer.alloc(MiB));
    const seen = await upstream.next();
    await seen.has(MiB / 2);
    to.destroy();
    await seen.closed;
    expect(seen.received).toBeLessThan(4 * MiB);
    expect(await over).toMatchObject({ operation, status: 499, code: "RequestAborted" });
    expect(budget.held).toBe(0);
  });

  it("in the middle of a GET stops the request to the store", async () => {
    await start({ store: upstream.store(kind) });
    const to = send("GET", "/box/k").end();
    const seen = await upstream.next();
    seen.write(`HTTP/1.1 200 OK\r\ncontent-length: ${64 * MiB}\r\netag: "e"\r\n\r\n`);
    seen.write(Buffer.alloc(16 * MiB));
    const [response] = (await once(to, "response")) as [IncomingMessage];
    await once(response, "data");
    to.destroy();
    await seen.closed;
    expect(await over).toMatchObject({ operation: "GetObject", status: 200, code: "Aborted" });
    expect(budget.held).toBe(0);
  });

  it("before the store has answered its GET, or its Complete, stops the request to the store", async () => {
    await start({ store: upstream.store(kind) });
    const got = send("GET", "/box/k").end();
    const first = await upstream.next();
    got.destroy();
    await first.closed;
    const length = Buffer.byteLength(complete);
    const completed = send("POST", "/box/k?uploadId=u", { "content-length": length }).end(complete);
    const second = await upstream.next();
    await second.has();
    completed.destroy();
    await second.closed;
    await budget.whenIdle();
  });

  it("while it waits for the budget never reaches the store", async () => {
    await start({ store: upstream.store(kind) });
    const permit = await budget.acquire(MiB);
    const to = send("PUT", "/box/k", { "content-length": MiB });
    to.write("x");
    while (budget.waiting === 0) await new Promise((resolve) => setImmediate(resolve));
    to.destroy();
    expect(await over).toMatchObject({ status: 499 });
    expect(budget.waiting).toBe(0);
    permit.release();
    expect(upstream.count).toBe(0);
  });
});

describe.each(KINDS)("over %s, a store that", (kind) => {
  const put = async () => {
    const to = send("PUT", "/box/k", { "content-length": 4 * MiB });
    to.write(Buffer.alloc(MiB));
    return { to, seen: await upstream.next() };
  };

  it("breaks off in the middle of a PUT is 503 for the client, whose upload stops", async () => {
    await start({ store: upstream.store(kind) });
    const { to, seen } = await put();
    await seen.has(MiB / 2);
    seen.reset();
    expect(await answerOf(to)).toMatchObject({ status: 503, code: "ServiceUnavailable" });
    expect(await over).toMatchObject({ status: 503, bytes: 0 });
  });

  it("refuses before it has read the body is heard at once, and gets no more of it", async () => {
    await start({ store: upstream.store(kind) });
    const { to, seen } = await put();
    seen.refuse(403, "AccessDenied", { "x-amz-request-id": "UPSTREAM1" });
    const answer = await answerOf(to);
    expect(answer).toMatchObject({ status: 403, code: "AccessDenied" });
    await seen.closed;
    expect(seen.received).toBeLessThan(4 * MiB);
    expect(await over).toMatchObject({ status: 403, upstreamRequestId: "UPSTREAM1" });
  });

  it("tells when to come back is passed on", async () => {
    await start({ store: upstream.store(kind) });
    const { to, seen } = await put();
    seen.refuse(503, "SlowDown", { "retry-after": "7" });
    expect(await answerOf(to)).toMatchObject({
      status: 503,
      code: "SlowDown",
      headers: { "retry-after": "7" },
    });
  });

  it("answers with success before it has read the body has stored nothing", async () => {
    await start({ store: upstream.store(kind) });
    const { to, seen } = await put();
    seen.answer(200, { etag: '"e"' });
    expect(await answerOf(to)).toMatchObject({ status: 503, code: "ServiceUnavailable" });
  });

  it("breaks off a GET cuts the client's short, too", async () => {
    await start({ store: upstream.store(kind) });
    const to = send("GET", "/box/k").end();
    const seen = await upstream.next();
    seen.write(`HTTP/1.1 200 OK\r\ncontent-length: 100\r\netag: "e"\r\n\r\nabc`);
    const [response] = (await once(to, "response")) as [IncomingMessage];
    await once(response, "data");
    seen.end();
    await expect(once(response, "end")).rejects.toThrow("aborted");
    expect(await over).toMatchObject({ code: "Aborted" });
  });

  it("cannot be reached is 503", async () => {
    await start({ store: upstream.store(kind, { endpoint: "http://127.0.0.1:1" }) });
    const to = send("GET", "/box/k").end();
    expect(await answerOf(to)).toMatchObject({ status: 503, code: "ServiceUnavailable" });
  });
});

it("a store that stands still is given up after its time budget, and the client told", async () => {
  await start({ store: upstream.store("node", { headersTimeout: 50, idleTimeout: 50 }) });
  const to = send("GET", "/box/k").end();
  const seen = await upstream.next();
  expect(await answerOf(to)).toMatchObject({ status: 503, code: "ServiceUnavailable" });
  await seen.closed;
});

it("whoever leaves while its credentials are looked up, or its store, gives back what it held", async () => {
  let asked = () => {};
  const never = () => {
    asked();
    return new Promise<never>(() => {});
  };
  const authorization =
    "AWS4-HMAC-SHA256 Credential=ME/20260101/us-east-1/s3/aws4_request,SignedHeaders=host;x-amz-content-sha256;x-amz-date," +
    `Signature=${"0".repeat(64)}`;
  const date = new Date().toISOString().replace(/[:-]|\.\d{3}/g, "");
  const headers = {
    authorization: authorization.replace("20260101", date.slice(0, 8)),
    "x-amz-date": date,
    "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
    "content-length": Buffer.byteLength(complete),
  };
  for (const options of [{ store: upstream.store("node"), authenticate: never }, { store: never }]) {
    const waits = new Promise<void>((resolve) => {
      asked = resolve;
    });
    await start(options);
    const to = send("POST", "/box/k?uploadId=u", headers).end(complete);
    await waits;
    to.destroy();
    expect(await over).toMatchObject({ status: 499 });
    expect(budget.held).toBe(0);
    await serving.close();
  }
});
