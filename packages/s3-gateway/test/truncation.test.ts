import { MemoryStore } from "@sluice/object-store";
import { createGateway } from "@sluice/s3-gateway";
import { type Serving, serve } from "@sluice/s3-gateway/node";
import { MemoryBudget } from "@sluice/semaphore";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FRAMINGS, framed } from "./framing.js";
import { head, RawConnection } from "./raw-connection.js";
import { KEYS } from "./signing.js";

// Small bodies in the framings of aws-chunked, wrong at each of their bytes, over sockets.

const DATA = new TextEncoder().encode("hello");
const lookup = (id: string) => (id === KEYS.accessKeyId ? KEYS : undefined);

let store: MemoryStore;
let budget: MemoryBudget;
let serving: Serving;
let uploadId: string;
let connection: RawConnection;

beforeAll(async () => {
  store = new MemoryStore();
  await store.buckets.create("box");
  ({ uploadId } = await store.createMultipart({ bucket: "box", key: "parts" }));
  budget = new MemoryBudget("8MiB");
  serving = await serve(createGateway({ store, budget, authenticate: lookup }), { port: 0 });
});
afterAll(async () => {
  await serving.close();
});
beforeEach(async () => {
  connection = await RawConnection.open(serving.port);
});
afterEach(() => {
  connection.destroy();
  expect(budget.held).toBe(0);
});

const targets = () => ({
  PutObject: "/box/k",
  UploadPart: `/box/parts?partNumber=1&uploadId=${uploadId}`,
});

/** What has been published, if anything. */
async function published(): Promise<string | undefined> {
  const { parts } = await store.listParts({ bucket: "box", key: "parts", uploadId });
  if (parts.length > 0) return `a part of ${parts[0]!.size} bytes`;
  const { objects } = await store.list("box");
  if (objects.length === 0) return undefined;
  return await new Response((await store.get({ bucket: "box", key: "k" })).body).text();
}

const CASES = FRAMINGS.flatMap((framing) =>
  (["PutObject", "UploadPart"] as const).map((operation) => [framing, operation] as const),
);

describe.each(CASES)("a body that is %s, for %s", (framing, operation) => {
  it("publishes nothing when it ends after any of its bytes, and the connection goes on", async () => {
    const target = targets()[operation];
    const { headers, body } = await framed(framing, "PUT", target, DATA);
    for (let length = 0; length < body.length; length++) {
      connection.write(head("PUT", target, { ...headers, "content-length": length }));
      connection.write(body.subarray(0, length));
      const answer = await connection.answer();
      expect([length, answer?.status, answer?.code]).toEqual([length, 400, "IncompleteBody"]);
    }
    expect(await published()).toBe(undefined);
    // Whatever it had thought of the bytes before, this is a request of its own.
    connection.write(head("HEAD", "/box", { host: "localhost", connection: "close" }));
    expect((await connection.answer("HEAD"))?.status).toBe(403);
  });
});

describe.each(FRAMINGS)("a body that is %s", (framing) => {
  it("publishes nothing when the connection ends after any of its bytes", async () => {
    const target = targets().PutObject;
    const { headers, body } = await framed(framing, "PUT", target, DATA);
    const start = head("PUT", target, { ...headers, "content-length": body.length });
    const ends = Array.from(body, async (_, length) => {
      const own = await RawConnection.open(serving.port);
      own.write(start);
      own.write(body.subarray(0, length));
      own.end();
      const answer = await own.answer();
      await own.untilClosed();
      return answer?.status;
    });
    const statuses = new Set(await Promise.all(ends));
    // There is nobody to answer, or it is told before it is noticed.
    for (const status of statuses) expect([undefined, 400, 499]).toContain(status);
    expect(await published()).toBe(undefined);
  });

  it("publishes its very bytes or nothing when any of its bits is another one", async () => {
    const target = targets().PutObject;
    const { headers, body } = await framed(framing, "PUT", target, DATA);
    const start = head("PUT", target, { ...headers, "content-length": body.length });
    const codes = new Set<string | undefined>();
    for (let at = 0; at < body.length; at++) {
      const changed = Buffer.from(body);
      changed[at]! ^= 1 << (at % 8);
      connection.write(start);
      connection.write(changed);
      const { status, code } = (await connection.answer())!;
      codes.add(code);
      if (status === 200) {
        expect([at, await published()]).toEqual([at, "hello"]);
        await store.delete({ bucket: "box", key: "k" });
      } else {
        expect([at, status === 400 || status === 403]).toEqual([at, true]);
        expect([at, await published()]).toEqual([at, undefined]);
      }
    }
    expect(codes).toContain("IncompleteBody");
    expect(codes).toContain(framing === "unsigned trailer" ? "BadDigest" : "SignatureDoesNotMatch");
  });

  it("is stored when it comes in writes of one byte", async () => {
    const target = targets().PutObject;
    const { headers, body } = await framed(framing, "PUT", target, DATA);
    connection.write(head("PUT", target, { ...headers, "content-length": body.length }));
    await connection.trickle(body);
    expect((await connection.answer())?.status).toBe(200);
    expect(await published()).toBe("hello");
    await store.delete({ bucket: "box", key: "k" });
  });
});
