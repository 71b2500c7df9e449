import { createHash } from "node:crypto";
import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { digestOf, MemoryStore } from "@sluice/object-store";
import { createGateway } from "@sluice/s3-gateway";
import { type Serving, serve } from "@sluice/s3-gateway/node";
import { MemoryBudget } from "@sluice/semaphore";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KINDS, type Kind, RawUpstream } from "./raw-upstream.js";
import { KEYS, type SignedRequest, signedPut } from "./signed-request.js";

// What an upstream sees, and when.

const KiB = 1024;
let upstream: RawUpstream;
let serving: Serving;
const budget = new MemoryBudget("8MiB");

beforeEach(async () => {
  upstream = await RawUpstream.start();
});
afterEach(async () => {
  await serving?.close();
  await upstream.close();
  expect(budget.held).toBe(0);
});

async function start(kind: Kind, more: Parameters<RawUpstream["store"]>[1] = {}, anonymous = false) {
  const authenticate = anonymous
    ? ("anonymous" as const)
    : (id: string) => (id === KEYS.accessKeyId ? KEYS : undefined);
  const gateway = createGateway({ store: upstream.store(kind, more), budget, authenticate });
  serving = await serve(gateway, { port: 0, graceTimeout: 1_000 });
}

function send(path: string, { headers }: Pick<SignedRequest, "headers">, method = "PUT"): ClientRequest {
  const to = request(serving.url + path, { method, headers });
  to.on("error", () => {});
  return to;
}

async function answerOf(to: ClientRequest) {
  const [response] = (await once(to, "response")) as [IncomingMessage];
  let text = "";
  for await (const piece of response) text += piece;
  return { status: response.statusCode, headers: response.headers, text };
}

const bytes = Buffer.from(Uint8Array.from({ length: 300 * KiB }, (_, i) => (i * 31 + (i >> 8)) & 255));
const md5 = createHash("md5").update(bytes).digest("base64");
const crcOf = async (of: Uint8Array) => Buffer.from(await digestOf("crc32", of)).toString("base64");

describe.each(KINDS)("over %s", (kind) => {
  it.each([
    ["PutObject", "plain"],
    ["PutObject", "UNSIGNED-PAYLOAD"],
    ["UploadPart", "UNSIGNED-PAYLOAD"],
    ["PutObject", "signed"],
    ["PutObject", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"],
    ["UploadPart", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"],
    ["UploadPart", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"],
  ] as const)(
    "%s sent as %s is on its way before it has arrived, with its length and digests",
    async (operation, how) => {
      await start(kind, {}, how === "plain");
      const path = operation === "PutObject" ? "/box/k" : "/box/k?partNumber=3&uploadId=u";
      const crc = await crcOf(bytes);
      const trailer = how.endsWith("TRAILER");
      const digests: Record<string, string> = trailer
        ? { "content-md5": md5 }
        : { "content-md5": md5, "x-amz-checksum-crc32": crc };
      const { headers, pieces } = await signedPut(serving.url + path, bytes, how, digests, crc);
      const to = send(path, { headers });
      for (const piece of pieces.slice(0, 3)) to.write(piece);
      const seen = await upstream.next();
      await seen.has(128 * KiB);
      expect(seen.target).toMatch(
        operation === "PutObject" ? /^\/box\/k(\?x-id=PutObject)?$/ : /partNumber=3&uploadId=u/,
      );
      expect(seen.header("content-length")).toBe(String(300 * KiB));
      expect(seen.header("content-md5")).toBe(md5);
      expect(seen.header("x-amz-checksum-crc32")).toBe(trailer ? undefined : crc);
      for (const name of ["transfer-encoding", "content-encoding", "x-amz-trailer", "expect"]) {
        expect([name, seen.header(name)]).toEqual([name, undefined]);
      }
      for (const piece of pieces.slice(3)) to.write(piece);
      to.end();
      await seen.has();
      expect(seen.body.equals(bytes)).toBe(true);
      seen.answer(200, { etag: '"e"' });
      expect(await answerOf(to)).toMatchObject({ status: 200, headers: { etag: '"e"' } });
    },
  );

  it("a checksum that comes last is passed on behind the body, where the store takes it there", async () => {
    await start(kind, { quirks: { trailers: true } });
    const crc = await crcOf(bytes);
    const path = "/box/k?partNumber=1&uploadId=u";
    const how = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
    const { headers, pieces } = await signedPut(serving.url + path, bytes, how, {}, crc);
    const to = send(path, { headers });
    for (const piece of pieces.slice(0, 3)) to.write(piece);
    const seen = await upstream.next();
    await seen.has(128 * KiB);
    expect(seen.header("x-amz-content-sha256")).toBe("STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    expect(seen.header("x-amz-trailer")).toBe("x-amz-checksum-crc32");
    expect(seen.header("x-amz-decoded-content-length")).toBe(String(bytes.byteLength));
    expect(seen.header("content-encoding")).toBe("aws-chunked");
    expect(seen.header("transfer-encoding")).toBe(undefined);
    for (const piece of pieces.slice(3)) to.write(piece);
    to.end();
    await seen.has();
    const frame = Buffer.concat([
      Buffer.from("4b000\r\n"),
      bytes,
      Buffer.from(`\r\n0\r\nx-amz-checksum-crc32:${crc}\r\n\r\n`),
    ]);
    expect(seen.body.equals(frame)).toBe(true);
    seen.answer(200, { etag: '"e"' });
    expect(await answerOf(to)).toMatchObject({ status: 200, headers: { "x-amz-checksum-crc32": crc } });
  });

  it("a checksum that comes last and is wrong never lets the last bytes through", async () => {
    await start(kind, { quirks: { trailers: true } });
    const how = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
    const { headers, pieces } = await signedPut(`${serving.url}/box/k`, bytes, how, {}, "AAAAAA==");
    const to = send("/box/k", { headers });
    to.end(Buffer.concat(pieces));
    const [answer, seen] = await Promise.all([answerOf(to), upstream.next()]);
    expect([answer.status, /<Code>(\w+)/.exec(answer.text)?.[1]]).toEqual([400, "BadDigest"]);
    await seen.closed;
    expect(seen.received).toBeLessThan(bytes.byteLength);
  });

  it("a GET is with its client before the store has sent its last byte", async () => {
    await start(kind, {}, true);
    const to = send("/box/k", { headers: {} }, "GET").end();
    const seen = await upstream.next();
    seen.write(`HTTP/1.1 200 OK\r\ncontent-length: ${bytes.byteLength}\r\netag: "e"\r\n\r\n`);
    seen.write(bytes.subarray(0, 1_000));
    const [response] = (await once(to, "response")) as [IncomingMessage];
    expect(response.headers).toMatchObject({ "content-length": String(bytes.byteLength), etag: '"e"' });
    const [first] = (await once(response, "data")) as [Buffer];
    const pieces = [first];
    response.on("data", (piece: Buffer) => pieces.push(piece));
    seen.write(bytes.subarray(1_000));
    await once(response, "end");
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  });

  it("ranges, parts, conditions and overrides of a GET are the store's to heed, or are heeded here", async () => {
    await start(kind, {}, true);
    const query = "?response-content-type=text%2Fcsv&response-content-disposition=attachment";
    const headers = { range: "bytes=5-9", "if-match": '"e"', "if-none-match": '"f"' };
    const to = send(`/box/k${query}`, { headers }, "GET").end();
    const seen = await upstream.next();
    expect(["range", "if-match", "if-none-match"].map((name) => seen.header(name))).toEqual([
      "bytes=5-9",
      '"e"',
      '"f"',
    ]);
    seen.answer(206, { "content-range": "bytes 5-9/20", etag: '"e"', "content-type": "text/plain" }, "56789");
    const answer = await answerOf(to);
    expect(answer).toMatchObject({ status: 206, text: "56789" });
    expect(answer.headers).toMatchObject({
      "content-range": "bytes 5-9/20",
      "content-type": "text/csv",
      "content-disposition": "attachment",
    });
    const part = send("/box/k?partNumber=2", { headers: {} }, "GET").end();
    const asked = await upstream.next();
    expect(asked.target).toContain("partNumber=2");
    const about = { "content-range": "bytes 8-9/10", "x-amz-mp-parts-count": 2, etag: '"e-2"' };
    asked.answer(206, about, "89");
    expect(await answerOf(part)).toMatchObject({
      status: 206,
      text: "89",
      headers: { "x-amz-mp-parts-count": "2" },
    });
  });

  it.each([
    [304, "NotModified"],
    [412, "PreconditionFailed"],
    [416, "InvalidRange"],
  ])("a store's %i is the client's", async (status, code) => {
    await start(kind, {}, true);
    const to = send("/box/k", { headers: { "if-none-match": '"e"' } }, "GET").end();
    const seen = await upstream.next();
    if (status === 304) seen.answer(304, { etag: '"e"' });
    else seen.refuse(status, code);
    const answer = await answerOf(to);
    expect(answer.status).toBe(status);
    if (status !== 304) expect(answer.text).toContain(`<Code>${code}</Code>`);
  });
});

it("an embedded server keeps the checksum that comes last", async () => {
  const store = new MemoryStore();
  await store.buckets.create("box");
  const gateway = createGateway({
    store,
    budget,
    authenticate: (id) => (id === KEYS.accessKeyId ? KEYS : undefined),
  });
  serving = await serve(gateway, { port: 0 });
  const crc = await crcOf(bytes);
  const how = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
  const { headers, pieces } = await signedPut(`${serving.url}/box/k`, bytes, how, {}, crc);
  const to = send("/box/k", { headers });
  to.end(Buffer.concat(pieces));
  expect(await answerOf(to)).toMatchObject({ status: 200, headers: { "x-amz-checksum-crc32": crc } });
});
