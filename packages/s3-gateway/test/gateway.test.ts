import { createHash } from "node:crypto";
import { MemoryStore, type ObjectStore, StoreError } from "@sluice/object-store";
import { createGateway, type GatewayEvent, type GatewayOptions, type Intent } from "@sluice/s3-gateway";
import { MemoryBudget } from "@sluice/semaphore";
import { beforeEach, describe, expect, it, vi } from "vitest";

// The fetch handler alone, without a socket.

const MiB = 2 ** 20;
let store: MemoryStore;
let budget: MemoryBudget;

beforeEach(async () => {
  store = new MemoryStore({ limits: { minPartSize: 4, maxKeySize: 100 } });
  await store.buckets.create("box");
  await store.put({ bucket: "box", key: "k" }, new TextEncoder().encode("0123456789"));
  budget = new MemoryBudget(2 * MiB);
});

const make = (options: Partial<GatewayOptions> = {}) =>
  createGateway({ store, budget, authenticate: "anonymous", ...options });

async function ask(method: string, path: string, init: RequestInit = {}, options?: Partial<GatewayOptions>) {
  const request = new Request(`http://localhost${path}`, { method, ...init });
  const response = await make(options).fetch(request);
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    code: /<Code>(.*?)<\/Code>/.exec(text)?.[1],
  };
}

const deferred = () => {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
};

describe("what the gateway does not know", () => {
  const body = { body: "new content", headers: { "content-length": "11" } };

  it.each([
    ["PUT", "/box/k?acl"],
    ["PUT", "/box/k?retention"],
    ["PUT", "/box/k?partNumber=1"],
    ["PUT", "/box/k?uploadId=1"],
    ["PUT", "/box/k?anything=else"],
    ["PUT", "/box?policy"],
    ["PUT", "/box?versioning"],
    ["POST", "/box/k?restore"],
    ["POST", "/box/k?select&select-type=2"],
    ["DELETE", "/box?lifecycle"],
    ["GET", "/box/k?torrent"],
    ["GET", "/box?versions"],
    ["GET", "/box?list-type=3"],
    ["GET", "/?publicAccessBlock"],
  ])("%s %s is refused, and changes nothing", async (method, path) => {
    const init = method === "PUT" || method === "POST" ? body : {};
    expect(await ask(method, path, init)).toMatchObject({ status: 501, code: "NotImplemented" });
    expect((await ask("GET", "/box/k")).text).toBe("0123456789");
  });

  it.each([
    ["x-amz-server-side-encryption", "AES256"],
    ["x-amz-server-side-encryption-customer-key", "a2V5"],
    ["x-amz-acl", "public-read"],
    ["x-amz-website-redirect-location", "/elsewhere"],
    ["x-amz-object-lock-mode", "GOVERNANCE"],
    ["x-amz-write-offset-bytes", "10"],
    ["x-amz-something-of-tomorrow", "1"],
    ["if-unmodified-since", "Thu, 01 Dec 2033 16:00:00 GMT"],
    ["if-none-match", '"abc"'],
  ])("the header %s of a PUT is refused, and changes nothing", async (name, value) => {
    const init = { ...body, headers: { ...body.headers, [name]: value } };
    expect(await ask("PUT", "/box/k", init)).toMatchObject({ status: 501, code: "NotImplemented" });
    expect((await ask("GET", "/box/k")).text).toBe("0123456789");
  });

  it("a header of a copied part that is not understood is refused, and makes no part", async () => {
    const { uploadId } = await store.createMultipart({ bucket: "box", key: "k" });
    for (const name of ["x-amz-copy-source-server-side-encryption-customer-key", "x-amz-tagging"]) {
      const headers = { "x-amz-copy-source": "/box/k", [name]: "x" };
      const answer = await ask("PUT", `/box/k?partNumber=1&uploadId=${uploadId}`, { headers });
      expect(answer).toMatchObject({ status: 501, code: "NotImplemented" });
    }
    expect((await store.listParts({ bucket: "box", key: "k", uploadId })).parts).toEqual([]);
  });

  it("methods, buckets and spellings that do not exist have errors of their own", async () => {
    expect(await ask("PATCH", "/box/k")).toMatchObject({ status: 405, code: "MethodNotAllowed" });
    expect(await ask("GET", "/.hidden/k")).toMatchObject({ status: 400, code: "InvalidBucketName" });
    expect(await ask("GET", "/a..b/k")).toMatchObject({ status: 400, code: "InvalidBucketName" });
    expect(await ask("GET", "//k")).toMatchObject({ status: 400, code: "InvalidBucketName" });
    expect(await ask("GET", "/box/%zz")).toMatchObject({ status: 400, code: "InvalidURI" });
    expect(await ask("GET", "/box?prefix=a&prefix=b")).toMatchObject({
      status: 400,
      code: "InvalidArgument",
    });
    expect(await ask("GET", `/box/${"k".repeat(101)}`)).toMatchObject({
      status: 400,
      code: "KeyTooLongError",
    });
  });
});

describe("answers", () => {
  it("all carry a request id, and errors name it", async () => {
    const good = await ask("GET", "/box/k");
    const bad = await ask("GET", "/box/none");
    expect(good.headers.get("x-amz-request-id")).toMatch(/^[0-9A-F]{16}$/);
    expect(bad.text).toContain(`<RequestId>${bad.headers.get("x-amz-request-id")}</RequestId>`);
    expect(bad.text).toContain("<Resource>/box/none</Resource>");
    expect(bad.headers.get("content-type")).toBe("application/xml");
  });

  it("have no header replaced by what no header can carry", async () => {
    for (const value of ["a%00b", "a%0D%0Ab:c", "%E2%82%AC"]) {
      expect(await ask("GET", `/box/k?response-content-type=${value}`)).toMatchObject({
        status: 400,
        code: "InvalidArgument",
      });
    }
  });

  it("are well-formed when a message repeats what XML cannot carry", async () => {
    const { text } = await ask("GET", "/box/k?uploadId=a%19%00b%EF%BF%BF");
    expect(text).toContain("<Code>NoSuchUpload</Code>");
    expect(text).toContain("a\ufffd\ufffdb\ufffd");
    expect(text).not.toContain("&#");
  });

  it("to HEAD have no body, errors included", async () => {
    expect(await ask("HEAD", "/box/k")).toMatchObject({ status: 200, text: "" });
    expect(await ask("HEAD", "/box/none")).toMatchObject({ status: 404, text: "" });
  });

  it("can have their headers replaced by parameters", async () => {
    const { headers } = await ask(
      "GET",
      "/box/k?response-content-type=text%2Fx&response-content-disposition=a",
    );
    expect(headers.get("content-type")).toBe("text/x");
    expect(headers.get("content-disposition")).toBe("a");
  });

  it("ignore a range that is none", async () => {
    for (const range of ["bytes=5-2", "bytes=0-1,3-4", "lines=1-2", "bytes=-"]) {
      expect(await ask("GET", "/box/k", { headers: { range } })).toMatchObject({
        status: 200,
        text: "0123456789",
      });
    }
  });

  it("carry what XML cannot say as references", async () => {
    await store.put({ bucket: "box", key: "a\u0001<&>" }, new Uint8Array(0));
    expect((await ask("GET", "/box?prefix=a")).text).toContain("<Key>a&#x1;&lt;&amp;&gt;</Key>");
  });

  it("blame the gateway and not the client when its own credentials are refused", async () => {
    const refusing = (code: string): ObjectStore =>
      Object.assign(Object.create(store) as MemoryStore, {
        head: () => Promise.reject(new StoreError(code, "of the gateway", { status: 403 })),
        get: () => Promise.reject(new StoreError(code, "of the gateway", { status: 403 })),
      });
    expect(await ask("GET", "/box/k", {}, { store: refusing("InvalidAccessKeyId") })).toMatchObject({
      status: 500,
      code: "InternalError",
    });
    expect(await ask("GET", "/box/k", {}, { store: refusing("AccessDenied") })).toMatchObject({
      status: 403,
      code: "AccessDenied",
    });
    expect(await ask("GET", "/box/k", {}, { store: refusing("NetworkError") })).toMatchObject({
      status: 503,
      code: "ServiceUnavailable",
    });
  });

  it("survive an event listener that throws", async () => {
    const onEvent = () => {
      throw new Error("a fault in the listener");
    };
    expect(await ask("GET", "/box/k", {}, { onEvent })).toMatchObject({ status: 200, text: "0123456789" });
  });
});

describe("control bodies", () => {
  const remove = (xml: string, headers: Record<string, string> = {}) =>
    ask("POST", "/box?delete", {
      body: xml,
      headers: { "content-length": String(xml.length), "x-amz-checksum-sha256": sha256(xml), ...headers },
    });
  const sha256 = (text: string) => createHash("sha256").update(text).digest("base64");

  it.each([
    ["no XML", "hello"],
    ["an open element", "<Delete><Object>"],
    ["another document", "<Other/>"],
    ["a document type", '<!DOCTYPE x [<!ENTITY a "b">]><Delete><Object><Key>&a;</Key></Object></Delete>'],
    ["an entity that is not XML's own", "<Delete><Object><Key>&a;</Key></Object></Delete>"],
    ["no object", "<Delete></Delete>"],
    ["an object without a key", "<Delete><Object></Object></Delete>"],
    ["two keys in one object", "<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>"],
    ["an unknown element", "<Delete><Other/></Delete>"],
    ["too many objects", `<Delete>${"<Object><Key>k</Key></Object>".repeat(1_001)}</Delete>`],
    ["too deep a nest", `<Delete>${"<a>".repeat(60_000)}${"</a>".repeat(60_000)}</Delete>`],
    ["too many tags", `<Delete>${"<a/>".repeat(150_001)}</Delete>`],
  ])("with %s are MalformedXML", async (_, xml) => {
    expect(await remove(xml)).toMatchObject({ status: 400, code: "MalformedXML" });
    expect((await ask("HEAD", "/box/k")).status).toBe(200);
  });

  it("need a digest, and the right one", async () => {
    const xml = "<Delete><Object><Key>k</Key></Object></Delete>";
    expect(await remove(xml, { "x-amz-checksum-sha256": sha256("other") })).toMatchObject({
      code: "BadDigest",
    });
    const none = await ask("POST", "/box?delete", {
      body: xml,
      headers: { "content-length": String(xml.length) },
    });
    expect(none.code).toBe("InvalidRequest");
    expect((await ask("HEAD", "/box/k")).status).toBe(200);
    expect((await remove(xml)).text).toContain("<Deleted><Key>k</Key></Deleted>");
    expect((await ask("HEAD", "/box/k")).status).toBe(404);
  });

  it("that are too large are refused, whether they say so or not", async () => {
    const limits = { controlBytes: 1_000, requestBytes: 1_000 };
    const xml = `<Delete>${" ".repeat(1_000)}</Delete>`;
    const body = (headers: Record<string, string>) =>
      ask("POST", "/box?delete", { body: xml, headers }, { limits });
    expect((await body({ "content-length": String(xml.length) })).code).toBe("MaxMessageLengthExceeded");
    expect((await body({})).code).toBe("EntityTooLarge");
    expect(budget.held).toBe(0);
  });

  it("of who is refused are not read on, and not waited for", async () => {
    const timestamp = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
    const headers = {
      authorization:
        `AWS4-HMAC-SHA256 Credential=NOBODY/${timestamp.slice(0, 8)}/us-east-1/s3/aws4_request,` +
        `SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=${"0".repeat(64)}`,
      "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
      "x-amz-date": timestamp,
    };
    const reading = deferred();
    let cancelled = false;
    const stalled = () =>
      new ReadableStream<Uint8Array>(
        {
          pull: () => reading.resolve(),
          cancel: () => {
            cancelled = true;
          },
        },
        { highWaterMark: 0 },
      );
    const refuse = (authenticate: () => Promise<undefined>) => {
      const init = { body: stalled(), duplex: "half", headers } as RequestInit;
      return ask("POST", "/box?delete", init, { authenticate });
    };
    const whileRead = await refuse(() => reading.promise.then(() => undefined));
    expect([whileRead.code, cancelled]).toEqual(["InvalidAccessKeyId", true]);
    const all = budget.tryAcquire(2 * MiB)!;
    const whileWaiting = await refuse(() => Promise.resolve(undefined));
    expect([whileWaiting.code, budget.waiting]).toEqual(["InvalidAccessKeyId", 0]);
    all.release();
    expect(budget.held).toBe(0);
  });

  it("are read before anything is waited for", async () => {
    const order: string[] = [];
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          order.push("read");
          controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const authorize = () => {
      order.push("authorize");
      return true;
    };
    await ask("POST", "/box/new?uploads", { body, duplex: "half" } as RequestInit, { authorize });
    expect(order).toEqual(["read", "authorize"]);
  });
});

describe("the budget", () => {
  it("refuses a gateway that no request could ever pass", () => {
    expect(() => make({ limits: { requestBytes: 2 * MiB + 1 } })).toThrow(/2097153/);
    expect(() => make({ limits: { requestBytes: 0 } })).toThrow(/limits.requestBytes/);
  });

  it("sheds what has waited too long, and lets HEAD and DELETE pass", async () => {
    const all = budget.tryAcquire(2 * MiB)!;
    const options = { waitTimeout: 0 };
    for (const [method, path] of [
      ["GET", "/box/k"],
      ["GET", "/box"],
      ["PUT", "/box/k"],
      ["POST", "/box/k?uploads"],
    ] as const) {
      const answer = await ask(method, path, {}, options);
      expect([method, answer.status, answer.code, answer.headers.get("retry-after")]).toEqual([
        method,
        503,
        "SlowDown",
        "1",
      ]);
    }
    expect((await ask("HEAD", "/box/k", {}, options)).status).toBe(200);
    expect((await ask("DELETE", "/box/k", {}, options)).status).toBe(204);
    all.release();
    expect(budget.snapshot().held).toBe(0);
  });

  it("sheds at once when the line is full or closed", async () => {
    const strict = new MemoryBudget(MiB, { maxWaiting: 0 });
    const all = strict.tryAcquire(MiB)!;
    expect(await ask("GET", "/box/k", {}, { budget: strict })).toMatchObject({
      status: 503,
      code: "SlowDown",
    });
    all.release();
    strict.close();
    expect(await ask("GET", "/box/k", {}, { budget: strict })).toMatchObject({
      status: 503,
      code: "ServiceUnavailable",
    });
  });

  it("is held by a GET until its last byte has been taken and asked for more", async () => {
    const { body } = await make().fetch(new Request("http://localhost/box/k"));
    const reader = body!.getReader();
    expect(budget.held).toBeGreaterThan(0);
    await reader.read();
    expect(budget.held).toBeGreaterThan(0);
    expect(await reader.read()).toMatchObject({ done: true });
    expect(budget.held).toBe(0);
  });

  it("is given back when the client leaves, before or within the body", async () => {
    const stop = new AbortController();
    const response = await make().fetch(new Request("http://localhost/box/k", { signal: stop.signal }));
    expect(budget.held).toBeGreaterThan(0);
    const read = response.text();
    stop.abort(new Error("left"));
    await expect(read).rejects.toThrow("left");
    expect(budget.held).toBe(0);
    const other = await make().fetch(new Request("http://localhost/box/k"));
    await other.body!.cancel();
    expect(budget.held).toBe(0);
  });

  it("is given back when a client takes nothing for too long, and the event tells", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const events: GatewayEvent[] = [];
      const gateway = make({ limits: { idleTimeout: 1_000 }, onEvent: (event) => void events.push(event) });
      const { body } = await gateway.fetch(new Request("http://localhost/box/k"));
      await vi.advanceTimersByTimeAsync(1_000);
      await expect(body!.getReader().read()).rejects.toThrow("took no byte");
      expect(budget.held).toBe(0);
      expect(events).toMatchObject([{ status: 200, code: "SlowReader", bytes: 0 }]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("is not touched by who is refused", async () => {
    await ask(
      "PUT",
      "/box/k",
      { body: "x", headers: { "content-length": "1" } },
      { authenticate: () => undefined },
    );
    await ask("PUT", "/box/k", { body: "x", headers: { "content-length": "1" } }, { authorize: () => false });
    expect(budget.snapshot().granted).toBe(0);
  });

  it("is left by a waiting request whose client leaves", async () => {
    const all = budget.tryAcquire(2 * MiB)!;
    const stop = new AbortController();
    const waiting = make().fetch(new Request("http://localhost/box/k", { signal: stop.signal }));
    await vi.waitFor(() => expect(budget.waiting).toBe(1));
    stop.abort();
    expect((await waiting).status).toBe(499);
    expect(budget.waiting).toBe(0);
    all.release();
  });
});

describe("the store", () => {
  const withStore = (methods: Partial<ObjectStore>): ObjectStore =>
    Object.assign(Object.create(store) as MemoryStore, methods);

  it("is told when the client leaves", async () => {
    const reached = deferred();
    const seen: (AbortSignal | undefined)[] = [];
    const hanging = withStore({
      get: (_, options) => {
        seen.push(options?.signal);
        reached.resolve();
        return new Promise((_, reject) => {
          options?.signal?.addEventListener("abort", () => reject(options.signal!.reason));
        });
      },
    });
    const stop = new AbortController();
    const waiting = make({ store: hanging }).fetch(
      new Request("http://localhost/box/k", { signal: stop.signal }),
    );
    await reached.promise;
    stop.abort();
    expect((await waiting).status).toBe(499);
    expect(seen[0]?.aborted).toBe(true);
    expect(budget.held).toBe(0);
  });

  it("that delivers less or more than it said makes the answer fail", async () => {
    for (const change of [-1, 1]) {
      const lying = withStore({
        get: async (source) => {
          const got = await store.get(source);
          return { ...got, range: { start: 0, end: got.range.end + change } };
        },
      });
      const response = await make({ store: lying }).fetch(new Request("http://localhost/box/k"));
      await expect(response.text()).rejects.toThrow("the store delivered");
      expect(budget.held).toBe(0);
    }
  });

  it("that answers a write before it has read it is not believed", async () => {
    const hasty = withStore({ put: async () => ({ etag: '"x"' }) });
    const init = { body: "hello", headers: { "content-length": "5" } };
    expect(await ask("PUT", "/box/k", init, { store: hasty })).toMatchObject({
      status: 500,
      code: "InternalError",
    });
  });

  it("can be another one for each bucket and caller, with a prefix that nobody sees", async () => {
    const route: GatewayOptions["store"] = (bucket) =>
      bucket === "mine" ? { store, bucket: "box", prefix: "tenant/" } : undefined;
    const options = { store: route };
    const init = { body: "hello", headers: { "content-length": "5" } };
    expect((await ask("PUT", "/mine/dir/a", init, options)).status).toBe(200);
    expect((await store.head({ bucket: "box", key: "tenant/dir/a" })).size).toBe(5);
    const list = await ask("GET", "/mine?list-type=2", {}, options);
    expect(list.text).toContain("<Name>mine</Name>");
    expect([...list.text.matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key]) => key)).toEqual(["dir/a"]);
    const rolled = await ask("GET", "/mine?list-type=2&delimiter=/", {}, options);
    expect(rolled.text).toContain("<CommonPrefixes><Prefix>dir/</Prefix></CommonPrefixes>");
    expect((await ask("HEAD", "/mine", {}, options)).status).toBe(200);
    expect((await ask("GET", "/box/k", {}, options)).code).toBe("NoSuchBucket");
    expect((await ask("DELETE", "/mine", {}, options)).code).toBe("NotImplemented");
    expect((await ask("GET", "/", {}, options)).code).toBe("NotImplemented");
  });
});

describe("one part of an object", () => {
  const headers = { "x-amz-checksum-mode": "ENABLED" };
  const told = ({ status, headers: said }: Awaited<ReturnType<typeof ask>>) => ({
    status,
    range: said.get("content-range"),
    length: said.get("content-length"),
    count: said.get("x-amz-mp-parts-count"),
    crc32: said.get("x-amz-checksum-crc32"),
  });

  it("is told by HEAD and GET as S3 tells it, with the checksum that it was sent with", async () => {
    const at = { bucket: "box", key: "parts" };
    const upload = await store.createMultipart(at, { checksumAlgorithm: "crc32" });
    const text = (part: string) => new TextEncoder().encode(part);
    const parts = [await store.putPart(upload, 1, text("01234")), await store.putPart(upload, 2, text("56"))];
    const { checksum } = await store.completeMultipart(upload, parts);
    const second = {
      status: 206,
      range: "bytes 5-6/7",
      length: "2",
      count: "2",
      crc32: parts[1]?.checksum?.value,
    };
    expect(told(await ask("HEAD", "/box/parts?partNumber=2", { headers }))).toEqual(second);
    const got = await ask("GET", "/box/parts?partNumber=2", { headers });
    expect([told(got), got.text]).toEqual([second, "56"]);
    const whole = { status: 200, range: null, length: "7", count: null, crc32: checksum?.value };
    expect(told(await ask("HEAD", "/box/parts", { headers }))).toEqual(whole);
    expect((await ask("HEAD", "/box/parts?partNumber=3")).status).toBe(416);
  });

  it("is all of one that was put in one piece, and an empty one has no range", async () => {
    const first = { status: 206, range: "bytes 0-9/10", length: "10", count: null };
    expect(told(await ask("HEAD", "/box/k?partNumber=1"))).toMatchObject(first);
    await store.put({ bucket: "box", key: "empty" }, new Uint8Array(0));
    for (const method of ["HEAD", "GET"]) {
      expect(told(await ask(method, "/box/empty?partNumber=1"))).toMatchObject({ status: 200, range: null });
    }
  });

  it("is not told where the store behind knows none", async () => {
    const whole = await store.head({ bucket: "box", key: "k" });
    vi.spyOn(store, "head").mockResolvedValue(whole);
    const answer = await ask("HEAD", "/box/k?partNumber=1");
    expect(told(answer)).toMatchObject({ status: 200, range: null, length: "10" });
  });
});

describe("copying into a part", () => {
  const begin = async () => store.createMultipart({ bucket: "box", key: "copy" });
  const copyInto = (
    { key, uploadId }: { readonly key: string; readonly uploadId: string },
    headers: Record<string, string>,
    options?: Partial<GatewayOptions>,
  ) => ask("PUT", `/box/${key}?partNumber=1&uploadId=${uploadId}`, { headers }, options);

  it("takes the whole source, or exactly the range", async () => {
    for (const [range, expected] of [
      [undefined, "0123456789"],
      ["bytes=3-3", "3"],
      ["bytes=2-9", "23456789"],
    ] as const) {
      const upload = await begin();
      const headers = {
        "x-amz-copy-source": "/box/k",
        ...(range && { "x-amz-copy-source-range": range }),
      };
      const { status, text } = await copyInto(upload, headers);
      expect(status).toBe(200);
      const etag = /<ETag>(.*?)<\/ETag>/.exec(text)?.[1]?.replaceAll("&quot;", '"') ?? "";
      await store.completeMultipart(upload, [{ partNumber: 1, etag }]);
      expect((await ask("GET", "/box/copy")).text).toBe(expected);
    }
  });

  it.each([
    "0-3",
    "bytes=0",
    "bytes=0-",
    "bytes=-3",
    "bytes=3-2",
    "bytes=0-1,3-4",
    "bytes=a-b",
    `bytes=0-${"9".repeat(400)}`,
    "",
  ])("refuses the range %j, and copies nothing", async (range) => {
    const upload = await begin();
    const headers = { "x-amz-copy-source": "/box/k", "x-amz-copy-source-range": range };
    expect(await copyInto(upload, headers)).toMatchObject({ status: 400, code: "InvalidArgument" });
    expect((await store.listParts(upload)).parts).toEqual([]);
  });

  it("refuses a range beyond the end, another version, and what does not exist", async () => {
    const upload = await begin();
    const tries = [
      [{ "x-amz-copy-source": "/box/k", "x-amz-copy-source-range": "bytes=5-10" }, "InvalidRange"],
      [{ "x-amz-copy-source": "/box/k", "x-amz-copy-source-if-match": "other" }, "PreconditionFailed"],
      [{ "x-amz-copy-source": "/box/nowhere" }, "NoSuchKey"],
      [{ "x-amz-copy-source": "box" }, "InvalidArgument"],
    ] as const;
    for (const [headers, code] of tries) expect((await copyInto(upload, headers)).code).toBe(code);
    const gone = await copyInto({ key: "copy", uploadId: "gone" }, { "x-amz-copy-source": "/box/k" });
    expect(gone.code).toBe("NoSuchUpload");
    expect((await store.listParts(upload)).parts).toEqual([]);
  });

  it("asks whether the source may be read, and looks for it in its own store", async () => {
    const upload = await begin();
    const asked: Intent[] = [];
    const authorize = (intent: Intent) => {
      asked.push(intent);
      return intent.operation !== "GetObject";
    };
    const headers = { "x-amz-copy-source": "/box/k" };
    expect((await copyInto(upload, headers, { authorize })).code).toBe("AccessDenied");
    expect(asked.map(({ operation, key }) => [operation, key])).toEqual([
      ["UploadPartCopy", "copy"],
      ["GetObject", "k"],
    ]);
    const elsewhere = new MemoryStore();
    const route = (bucket: string) => ({ store: bucket === "box" ? store : elsewhere, bucket });
    const answer = await copyInto(upload, { "x-amz-copy-source": "/away/k" }, { store: route });
    expect(answer.code).toBe("NoSuchBucket");
    expect((await store.listParts(upload)).parts).toEqual([]);
  });
});

describe("authorization", () => {
  it("is asked about every object that a request touches", async () => {
    const asked: Intent[] = [];
    const authorize = (intent: Intent) => {
      asked.push(intent);
      return intent.key !== "secret";
    };
    await store.put({ bucket: "box", key: "secret" }, new Uint8Array(1));
    const copy = { headers: { "x-amz-copy-source": "/box/secret" } };
    expect((await ask("PUT", "/box/copy", copy, { authorize })).code).toBe("AccessDenied");
    expect(asked.map(({ operation, key }) => [operation, key])).toEqual([
      ["CopyObject", "copy"],
      ["GetObject", "secret"],
    ]);
    const xml = "<Delete><Object><Key>secret</Key></Object><Object><Key>k</Key></Object></Delete>";
    const headers = { "content-md5": createHash("md5").update(xml).digest("base64") };
    const { text } = await ask("POST", "/box?delete", { body: xml, headers }, { authorize });
    expect(text).toContain("<Error><Key>secret</Key><Code>AccessDenied</Code>");
    expect(text).toContain("<Deleted><Key>k</Key></Deleted>");
    expect((await store.head({ bucket: "box", key: "secret" })).size).toBe(1);
  });
});
