import { createHash } from "node:crypto";
import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { fetchStore } from "@sluice/s3-fetch";
import { upload } from "@sluice/s3-upload";
import { expect, test } from "vitest";
import { noise } from "../src/bytes.js";
import type { Upstream } from "../src/gateway.js";
import { openS3 } from "../src/node/s3-server.js";
import { give, openUpstream } from "../src/node/upstream.js";
import type { ServingRuntime } from "../src/verdict.js";
import { opened } from "./opened.js";

const MiB = 2 ** 20;
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** How runtimes differ. */
interface Ways {
  /** Whether fetch sends a stream with a length. */
  readonly streams: boolean;
  /** Whether the answer of a handler has its length on the wire, when it is a stream. */
  readonly lengths: boolean;
}

/** A test for what a gateway does in a runtime, in front of a store in this process. */
export function gatewayAll(runtime: () => ServingRuntime, { streams, lengths }: Ways): void {
  const s3 = opened(openS3);
  const store = opened(() => openUpstream({ atOnce: true }));
  const cold = opened(() => openUpstream({ atOnce: false }));

  const at = (upstream: Upstream) =>
    `${runtime().origin}/gateway/${Buffer.from(JSON.stringify(upstream)).toString("base64url")}`;
  function send(upstream: Upstream, method: string, path: string, length?: number): ClientRequest {
    const headers = length === undefined ? {} : { "content-length": length };
    const to = request(at(upstream) + path, { method, headers, agent: false });
    to.on("error", () => {});
    return to;
  }
  const answerOf = async (to: ClientRequest) => {
    const [response] = (await once(to, "response")) as [IncomingMessage];
    const pieces: Buffer[] = [];
    for await (const piece of response) pieces.push(piece as Buffer);
    return { status: response.statusCode, bytes: Buffer.concat(pieces) };
  };

  test("a gateway passes a part on with its length, and where it can while the part is still coming", async () => {
    const { upstream, next } = store();
    const to = send(upstream, "PUT", "/box/k?partNumber=1&uploadId=u", MiB);
    to.write(Buffer.alloc(MiB / 2));
    if (!streams) to.end(Buffer.alloc(MiB / 2));
    const seen = await next();
    await seen.has(MiB / 4);
    expect(seen.request.headers["content-length"]).toBe(String(MiB));
    expect(seen.request.headers["transfer-encoding"]).toBe(undefined);
    if (streams) to.end(Buffer.alloc(MiB / 2));
    await seen.has(MiB);
    seen.response.setHeader("etag", '"e"').end();
    expect(await answerOf(to)).toMatchObject({ status: 200 });
  });

  test("a gateway passes a GET on while it is still coming", async () => {
    const { upstream, next } = store();
    const to = send(upstream, "GET", "/box/k").end();
    const seen = await next();
    seen.response.writeHead(200, { "content-length": MiB, etag: '"e"' });
    seen.response.write(Buffer.alloc(MiB / 2));
    const [response] = (await once(to, "response")) as [IncomingMessage];
    if (lengths) expect(response.headers["content-length"]).toBe(String(MiB));
    let received = ((await once(response, "data")) as [Buffer])[0].byteLength;
    response.on("data", (chunk: Buffer) => {
      received += chunk.byteLength;
    });
    seen.response.end(Buffer.alloc(MiB / 2));
    await once(response, "end");
    expect(received).toBe(MiB);
  });

  test("a client that leaves a gateway stops what it has begun at the store", async () => {
    const { upstream, next } = store();
    const getting = send(upstream, "GET", "/box/k").end();
    const got = await next();
    got.response.writeHead(200, { "content-length": 64 * MiB, etag: '"e"' });
    got.response.write(Buffer.alloc(8 * MiB));
    const [response] = (await once(getting, "response")) as [IncomingMessage];
    await once(response, "data");
    getting.destroy();
    await got.closed;
    if (!streams) return;
    const putting = send(upstream, "PUT", "/box/k", 64 * MiB);
    putting.write(Buffer.alloc(MiB));
    const put = await next();
    await put.has(MiB / 2);
    putting.destroy();
    await put.closed;
  });

  test("of a burst on a cold gateway, the one that leaves takes nobody's credentials along", async () => {
    const { upstream, next, asked } = cold();
    const parts = [1, 2, 3, 4].map((n) =>
      send(upstream, "PUT", `/box/k?partNumber=${n}&uploadId=u`, 1_000).end(Buffer.alloc(1_000)),
    );
    const first = await asked();
    parts.shift()!.destroy();
    const answers = parts.map(answerOf);
    // On Workers each asks for itself; elsewhere there is one call for all.
    void always(asked, async (one) => give(one));
    void always(next, async (seen) => {
      await seen.has(1_000);
      seen.response.setHeader("etag", '"e"').end();
    });
    give(first);
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(parts.map(() => 200));
  });

  test("parts in parallel and with checksums go through a gateway, and come back byte by byte", async () => {
    const { server } = s3();
    const credentialsAt = `data:application/json,${encodeURIComponent(JSON.stringify(server.credentials))}`;
    const front = { endpoint: server.endpoint!, credentialsAt };
    const through = fetchStore({ ...server, endpoint: at(front) });
    const bytes = noise(5 * MiB + 7, 11);
    const target = { bucket: server.bucket, key: "through/a b" };
    const { parts } = await upload(through, target, bytes, { partSize: "1MiB", slots: 4 });
    expect(parts).toBe(6);
    const got = await answerOf(send(front, "GET", `/${server.bucket}/through/a%20b`).end());
    expect(sha256(got.bytes)).toBe(sha256(bytes));
  });
}

async function always<T>(next: () => Promise<T>, deal: (it: T) => Promise<void>): Promise<never> {
  for (;;) void deal(await next());
}
