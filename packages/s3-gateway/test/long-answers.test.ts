import { createHash } from "node:crypto";
import { CompleteMultipartUploadCommand, CopyObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { MemoryStore, type ObjectStore, StoreError } from "@sluice/object-store";
import { createGateway, type GatewayEvent, type GatewayOptions } from "@sluice/s3-gateway";
import { type Serving, serve } from "@sluice/s3-gateway/node";
import { MemoryBudget } from "@sluice/semaphore";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { KINDS, RawUpstream } from "./raw-upstream.js";

// Completions that take their time, and those whose answer is lost.

const body = (...etags: string[]) =>
  `<CompleteMultipartUpload>${etags
    .map((etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${etag}</ETag></Part>`)
    .join("")}</CompleteMultipartUpload>`;

let budget: MemoryBudget;
let memory: MemoryStore;
let events: GatewayEvent[];
beforeEach(async () => {
  budget = new MemoryBudget("8MiB");
  memory = new MemoryStore();
  await memory.buckets.create("box");
  events = [];
});
afterEach(() => {
  expect(budget.held).toBe(0);
});

const make = (store: ObjectStore, options: Partial<GatewayOptions> = {}) =>
  createGateway({
    store,
    budget,
    authenticate: "anonymous",
    onEvent: (event) => void events.push(event),
    ...options,
  });

/** A store whose completions and copies end when the test says how. */
function slow() {
  let end = { resolve: (_: { etag: string }) => {}, reject: (_: unknown) => {} };
  const begun: AbortSignal[] = [];
  const wait = (signal: AbortSignal | undefined) =>
    new Promise<{ etag: string; partNumber: number }>((resolve, reject) => {
      begun.push(signal!);
      end = { resolve: ({ etag }) => resolve({ etag, partNumber: 1 }), reject };
    });
  const store: ObjectStore = Object.assign(Object.create(memory), {
    completeMultipart: (_u: unknown, _p: unknown, { signal }: { signal: AbortSignal }) => wait(signal),
    copy: (_s: unknown, _t: unknown, { signal }: { signal: AbortSignal }) => wait(signal),
    copyPart: (_u: unknown, _n: unknown, _s: unknown, { signal }: { signal: AbortSignal }) => wait(signal),
  });
  return {
    store,
    begun,
    resolve: (etag: string) => end.resolve({ etag }),
    reject: (error: unknown) => end.reject(error),
  };
}

const completion = (init: RequestInit = {}) =>
  new Request("http://localhost/box/k?uploadId=u", { method: "POST", body: body("e"), ...init });

describe("a completion that takes longer than the interval", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const begin = async (request = completion()) => {
    const told = slow();
    const answer = make(told.store).fetch(request);
    await vi.waitFor(() => expect(told.begun).toHaveLength(1));
    return { ...told, answer };
  };

  it("is answered with 200 and spaces, and then with the document", async () => {
    const { answer, resolve } = await begin();
    await vi.advanceTimersByTimeAsync(10_000);
    const response = await answer;
    expect([response.status, response.headers.get("content-length")]).toEqual([200, null]);
    expect(response.headers.get("x-amz-request-id")).not.toBeNull();
    const text = response.text();
    await vi.advanceTimersByTimeAsync(35_000);
    expect(budget.held).toBeGreaterThan(0);
    resolve('"done"');
    expect(await text).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n {3}<CompleteMultipartUploadResult .*done.*>$/,
    );
    expect(events).toMatchObject([{ operation: "CompleteMultipartUpload", status: 200, code: undefined }]);
  });

  it("and then fails says so in the answer that has begun", async () => {
    const { answer, reject } = await begin();
    await vi.advanceTimersByTimeAsync(10_000);
    const response = await answer;
    const text = response.text();
    reject(new StoreError("InternalError", "of the store", { retryable: false, requestId: "THERE" }));
    expect(await text).toMatch(/^<\?xml [^>]*>\n<Error><Code>InternalError<\/Code>/);
    expect(events).toMatchObject([{ status: 200, code: "InternalError", upstreamRequestId: "THERE" }]);
  });

  it("is stopped when its client leaves, and holds nothing any more", async () => {
    const client = new AbortController();
    const { answer, begun, resolve } = await begin(completion({ signal: client.signal }));
    await vi.advanceTimersByTimeAsync(10_000);
    const reader = (await answer).body!.getReader();
    await reader.read();
    const next = reader.read().catch(() => "left");
    client.abort();
    expect(await next).toBe("left");
    expect(begun[0]!.aborted).toBe(true);
    // A store that does not heed it is heard by nobody.
    resolve('"too late"');
    await vi.advanceTimersByTimeAsync(1);
    expect(vi.getTimerCount()).toBe(0);
    expect(events).toMatchObject([{ code: "Aborted" }]);
  });

  it("holds back its spaces while the client takes none", async () => {
    const { answer, resolve } = await begin();
    await vi.advanceTimersByTimeAsync(10_000);
    const response = await answer;
    await vi.advanceTimersByTimeAsync(30_000);
    resolve('"done"');
    await vi.advanceTimersByTimeAsync(1);
    expect(await response.text()).toMatch(/\?>\n<CompleteMultipartUploadResult/);
  });

  it("in time is told with its own status", async () => {
    const { answer, reject } = await begin();
    await vi.advanceTimersByTimeAsync(9_000);
    reject(new StoreError("EntityTooSmall", "of the store", { status: 400 }));
    expect((await answer).status).toBe(400);
    expect(vi.getTimerCount()).toBe(0);
  });
});

it.each([0, -1, Number.NaN, 2 ** 31])("an interval of %s is refused", (keepAliveInterval) => {
  expect(() => make(memory, { keepAliveInterval })).toThrow("keepAliveInterval");
});

describe("clients understand an answer that began early", () => {
  let serving: Serving;
  let upstream: RawUpstream;
  const client = () =>
    new S3Client({
      endpoint: serving.url,
      region: "us-east-1",
      forcePathStyle: true,
      credentials: { accessKeyId: "A", secretAccessKey: "B" },
      maxAttempts: 1,
    });
  const at = { Bucket: "box", Key: "k" };
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: "e" }] };

  /** Ends the store's work as soon as the gateway's answer has begun. */
  async function start(end: (told: ReturnType<typeof slow>) => void): Promise<void> {
    const told = slow();
    const gateway = make(told.store, { keepAliveInterval: 1 });
    upstream = await RawUpstream.start();
    serving = await serve(
      {
        fetch: async (request) => {
          const response = await gateway.fetch(request);
          end(told);
          return response;
        },
      },
      { port: 0 },
    );
  }
  afterEach(async () => {
    await serving.close();
    await upstream.close();
  });

  it("such as the AWS SDK", async () => {
    await start(({ resolve }) => resolve('"late"'));
    const sdk = client();
    const completed = await sdk.send(
      new CompleteMultipartUploadCommand({ ...at, UploadId: "u", MultipartUpload }),
    );
    expect(completed.ETag).toBe('"late"');
    const copied = await sdk.send(new CopyObjectCommand({ ...at, CopySource: "box/other" }));
    expect(copied.CopyObjectResult?.ETag).toBe('"late"');
  });

  it("also when it is an error", async () => {
    await start(({ reject }) => reject(new StoreError("InvalidPart", "of the store", { status: 400 })));
    const sdk = client();
    const completing = sdk.send(
      new CompleteMultipartUploadCommand({ ...at, UploadId: "u", MultipartUpload }),
    );
    await expect(completing).rejects.toMatchObject({ name: "InvalidPart" });
    await expect(sdk.send(new CopyObjectCommand({ ...at, CopySource: "box/other" }))).rejects.toMatchObject({
      name: "InvalidPart",
    });
  });

  it.each(KINDS)("such as another gateway over %s", async (kind) => {
    await start(({ resolve }) => resolve('"late"'));
    const store = upstream.store(kind, { endpoint: serving.url });
    const target = { bucket: "box", key: "k", uploadId: "u" };
    expect((await store.completeMultipart(target, [{ partNumber: 1, etag: "e" }])).etag).toBe('"late"');
    const part = await store.copyPart(target, 1, { bucket: "box", key: "other" });
    expect(part.etag).toBe('"late"');
  });

  it.each(KINDS)("such as another gateway over %s, when it is an error", async (kind) => {
    await start(({ reject }) => reject(new StoreError("InvalidPart", "of the store", { status: 400 })));
    const store = upstream.store(kind, { endpoint: serving.url });
    const target = { bucket: "box", key: "k", uploadId: "u" };
    await expect(store.completeMultipart(target, [{ partNumber: 1, etag: "e" }])).rejects.toMatchObject({
      code: "InvalidPart",
    });
  });
});

describe.each(KINDS)("a completion over %s whose answer is lost", (kind) => {
  const md5s = ["first", "second"].map((part) => createHash("md5").update(part).digest());
  const etags = md5s.map((digest) => digest.toString("hex"));
  const whole = `"${createHash("md5").update(Buffer.concat(md5s)).digest("hex")}-2"`;
  let upstream: RawUpstream;
  beforeEach(async () => {
    upstream = await RawUpstream.start();
  });
  afterEach(() => upstream.close());

  const ask = async (headers: Record<string, string> = {}) => {
    const request = completion({ body: body(...etags), headers });
    const response = await make(upstream.store(kind)).fetch(request);
    const text = await response.text();
    return {
      status: response.status,
      code: /<Code>(.*?)</.exec(text)?.[1],
      etag: /<ETag>(.*?)</.exec(text)?.[1],
    };
  };
  const parts =
    "<ListPartsResult><Part><PartNumber>1</PartNumber><ETag>e</ETag><Size>1</Size>" +
    "<LastModified>2026-01-01T00:00:00.000Z</LastModified></Part></ListPartsResult>";
  const found = { etag: whole, "content-length": 11, "last-modified": new Date().toUTCString() };

  it.each(["reset", "NoSuchUpload", "PreconditionFailed"])("and found by looking after %s", async (how) => {
    const answer = ask();
    const completing = await upstream.next();
    await completing.has();
    if (how === "reset") completing.reset();
    else completing.refuse(how === "NoSuchUpload" ? 404 : 412, how);
    (await upstream.next()).refuse(404, "NoSuchUpload");
    const head = await upstream.next();
    expect(head.method).toBe("HEAD");
    head.write(
      `HTTP/1.1 200 OK\r\n${Object.entries(found)
        .map(([n, v]) => `${n}: ${v}\r\n`)
        .join("")}\r\n`,
    );
    expect(await answer).toEqual({ status: 200, code: undefined, etag: whole.replaceAll('"', "&quot;") });
  });

  it("is no success while the upload is open", async () => {
    const answer = ask();
    (await upstream.next()).reset();
    (await upstream.next()).answer(200, {}, parts);
    const open =
      "<Upload><Key>k</Key><UploadId>u</UploadId><Initiated>2026-01-01T00:00:00.000Z</Initiated></Upload>";
    (await upstream.next()).answer(
      200,
      {},
      `<ListMultipartUploadsResult>${open}</ListMultipartUploadsResult>`,
    );
    expect(await answer).toMatchObject({ status: 503, code: "ServiceUnavailable" });
  });

  it("is no success if the object there is another one", async () => {
    const answer = ask();
    (await upstream.next()).refuse(404, "NoSuchUpload");
    (await upstream.next()).refuse(404, "NoSuchUpload");
    const head = await upstream.next();
    head.write('HTTP/1.1 200 OK\r\ncontent-length: 11\r\netag: "other"\r\n\r\n');
    expect(await answer).toMatchObject({ status: 404, code: "NoSuchUpload" });
  });

  it("is told as it was if looking fails", async () => {
    const answer = ask();
    (await upstream.next()).refuse(404, "NoSuchUpload");
    (await upstream.next()).refuse(403, "AccessDenied");
    expect(await answer).toMatchObject({ status: 404, code: "NoSuchUpload" });
  });

  it("is not looked for when the store is busy", async () => {
    const answer = ask();
    (await upstream.next()).refuse(503, "SlowDown");
    expect(await answer).toMatchObject({ status: 503, code: "SlowDown" });
    expect(upstream.count).toBe(1);
  });

  it("without an ETag, as Ceph answers, is told with the one that the parts make", async () => {
    const answer = ask();
    const told = "<CompleteMultipartUploadResult><Key>k</Key><ETag></ETag></CompleteMultipartUploadResult>";
    (await upstream.next()).answer(200, {}, told);
    expect(await answer).toMatchObject({ status: 200, etag: whole.replaceAll('"', "&quot;") });
  });
});
