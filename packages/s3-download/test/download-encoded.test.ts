import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { S3Client } from "@aws-sdk/client-s3";
import type { ObjectStore } from "@sluice/object-store";
import { awsStore } from "@sluice/s3-aws-sdk";
import { download } from "@sluice/s3-download";
import { fetchStore } from "@sluice/s3-fetch";
import { nodeStore } from "@sluice/s3-fetch/node";
import { MemoryBudget } from "@sluice/semaphore";
import { afterAll, beforeAll, expect, test } from "vitest";
import { at, drain } from "./metered.js";

// An object that was stored with Content-Encoding: gzip. Its bytes are those that were stored.
const stored = gzipSync(Buffer.from("sluice ".repeat(4000)), { level: 1 });
const seen: IncomingMessage["headers"][] = [];

let server: Server;
let endpoint: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push(request.headers);
    const [, start = "0", end = ""] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? "") ?? [];
    const last = Math.min(end === "" ? stored.length : Number(end), stored.length - 1);
    response.writeHead(206, {
      etag: '"e"',
      "content-encoding": "gzip",
      "content-length": last - Number(start) + 1,
      "content-range": `bytes ${start}-${last}/${stored.length}`,
    });
    response.end(stored.subarray(Number(start), last + 1));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const credentials = { accessKeyId: "a", secretAccessKey: "s" };
const place = () => ({ endpoint, region: "us-east-1", credentials, forcePathStyle: true });

const stores: readonly [string, () => ObjectStore & { close?(): void }][] = [
  ["the AWS SDK", () => awsStore(new S3Client({ ...place(), maxAttempts: 1 }))],
  ["Node's HTTP client", () => nodeStore(place())],
];

test.each(stores)("an object stored as gzip comes as it was stored, over %s", async (_name, make) => {
  const store = make();
  const got = await download(store, at, { rangeSize: 50, window: 2 });
  expect(got.contentEncoding).toBe("gzip");
  expect(got.size).toBe(stored.length);
  expect(Buffer.from(await drain(got.body)).equals(stored)).toBe(true);
  store.close?.();
});

test("fetch would decode it, so over fetch it is refused at once, and holds nothing", async () => {
  seen.length = 0;
  const budget = new MemoryBudget(100);
  const refused = download(fetchStore(place()), at, { rangeSize: 50, budget });
  await expect(refused).rejects.toMatchObject({
    code: "NotImplemented",
    message: expect.stringContaining("nodeStore does not"),
  });
  expect(budget.held).toBe(0);
  // Node's own fetch says it once more of a range.
  expect(seen).toHaveLength(1);
  expect(seen[0]?.["accept-encoding"]).toMatch(/^identity(, identity)?$/);
});
