import { compareUtf8, type ListPage, MemoryStore, type ObjectStore, StoreError } from "@sluice/object-store";
import { fetchStore } from "@sluice/s3-fetch";
import { createGateway, type GatewayOptions, type RouteStore } from "@sluice/s3-gateway";
import { MemoryBudget } from "@sluice/semaphore";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";

// One gateway in front of several stores, or of folders of one.

const utf8 = (text: string) => new TextEncoder().encode(text);
const budget = new MemoryBudget("8MiB");
const limits = { minPartSize: 1 };

/** A client of the gateway that needs no socket. */
function clientOf(store: RouteStore, options: Partial<GatewayOptions> = {}): ObjectStore {
  const gateway = createGateway({ store, budget, authenticate: "anonymous", ...options });
  return fetchStore({
    endpoint: "http://gateway.local",
    region: "us-east-1",
    credentials: "anonymous",
    fetch: (url, init) => {
      const headers = new Headers(init.headers);
      const { body } = init;
      if (body instanceof Uint8Array) headers.set("content-length", String(body.byteLength));
      else if (init.method === "PUT" || init.method === "POST") headers.set("content-length", "0");
      return gateway.fetch(new Request(url, { ...init, headers }));
    },
  });
}

async function keysOf(store: ObjectStore, bucket: string, options: Parameters<ObjectStore["list"]>[1] = {}) {
  const keys: string[] = [];
  const prefixes: string[] = [];
  let page: ListPage | undefined;
  do {
    page = await store.list(bucket, { ...options, continuation: page?.next });
    keys.push(...page.objects.map(({ key }) => key));
    prefixes.push(...page.commonPrefixes);
  } while (page.next !== undefined);
  return { keys, prefixes };
}
const text = async (store: ObjectStore, bucket: string, key: string) =>
  new Response((await store.get({ bucket, key })).body).text();

let upstream: MemoryStore;
beforeEach(async () => {
  upstream = new MemoryStore({ limits });
  await upstream.buckets.create("all");
});

describe("a prefix", () => {
  const inFolders: RouteStore = (bucket) =>
    bucket === "one" || bucket === "two"
      ? { store: upstream, bucket: "all", prefix: `${bucket}/` }
      : undefined;

  const key = fc
    .string({ unit: "binary", minLength: 1, maxLength: 8 })
    // Those that a URL, UTF-8 and XML can carry.
    .filter((it) => !/(^|\/)\.{0,2}(\/|$)/.test(it) && !/[^\t\u0020-\ud7ff\ue000-\ufffd]/.test(it));
  const odd = fc.oneof(
    key,
    fc
      .constantFrom("a/b/c", "a/b/d", "a", "one/", "two/x", "%2e%2e/x", "\\", "?", "#", "+", " ")
      .filter((it) => it !== "one/"),
  );

  it("comes and goes without a trace, whatever the keys, and nobody gets out of it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(odd, { minLength: 1, maxLength: 5 }),
        fc.constantFrom("", "a/", "a/b"),
        fc.integer({ min: 1, max: 3 }),
        async (keys, prefix, limit) => {
          upstream = new MemoryStore({ limits });
          await upstream.buckets.create("all");
          const reference = new MemoryStore({ limits });
          const client = clientOf(inFolders);
          for (const bucket of ["one", "two"]) await reference.buckets.create(bucket);
          for (const store of [client, reference]) {
            for (const key of keys) await store.put({ bucket: "one", key }, utf8(key));
            const [first = ""] = keys;
            await store.copy({ bucket: "one", key: first }, { bucket: "two", key: `${first}!` });
            const begun = await store.createMultipart({ bucket: "two", key: first });
            const part = await store.putPart(begun, 1, utf8("part"));
            const copied = await store.copyPart(begun, 2, { bucket: "one", key: first });
            expect((await store.listMultiparts("two")).uploads.map((upload) => upload.key)).toEqual([first]);
            expect((await store.listMultiparts("one")).uploads).toEqual([]);
            await store.completeMultipart(begun, [part, copied]);
            expect(await text(store, "two", first)).toBe(`part${first}`);
          }
          for (const bucket of ["one", "two"]) {
            for (const options of [{ prefix }, { prefix, delimiter: "/" }, { startAfter: keys[0] }]) {
              const seen = await keysOf(client, bucket, { ...options, limit });
              expect(seen).toEqual(await keysOf(reference, bucket, options));
            }
          }
          const { deleted, failed } = await client.deleteMany("one", keys);
          expect([[...deleted].sort(compareUtf8), failed]).toEqual([[...keys].sort(compareUtf8), []]);
          const { keys: left } = await keysOf(upstream, "all");
          expect(left.every((it) => it.startsWith("two/"))).toBe(true);
          expect(left).toHaveLength(2);
        },
      ),
      { numRuns: 10 },
    );
  });

  it.each(["../two/x", "..", ".", "a/../../two/x", "a/./b", "a/.."])(
    "of a key %j is not left by its segments",
    async (bad) => {
      await upstream.put({ bucket: "all", key: "two/x" }, utf8("secret"));
      const client = clientOf(inFolders);
      const code = { code: "InvalidArgument" };
      await expect(
        client.copy({ bucket: "one", key: bad }, { bucket: "one", key: "mine" }),
      ).rejects.toMatchObject(code);
      const { deleted, failed } = await client.deleteMany("one", [bad, "other"]);
      expect({ deleted, failed }).toMatchObject({ deleted: ["other"], failed: [{ key: bad, ...code }] });
      expect((await keysOf(upstream, "all")).keys).toEqual(["two/x"]);
    },
  );

  it("holds for tokens that a client has made up, and for uploads of others", async () => {
    await upstream.put({ bucket: "all", key: "two/x" }, utf8("secret"));
    const client = clientOf(inFolders);
    for (const continuation of [btoa("one/"), btoa("two/"), btoa("a"), btoa("")]) {
      const seen = await client.list("one", { continuation }).catch(() => ({ objects: [] }));
      expect(seen.objects).toEqual([]);
    }
    const others = await upstream.createMultipart({ bucket: "all", key: "two/x" });
    const stolen = { bucket: "one", key: "x", uploadId: others.uploadId };
    for (const attempt of [
      client.putPart(stolen, 1, utf8("x")),
      client.abortMultipart(stolen),
      client.listParts(stolen),
    ]) {
      await expect(attempt).rejects.toMatchObject({ code: "NoSuchUpload" });
    }
    await expect(client.completeMultipart(stolen, [{ partNumber: 1, etag: '"e"' }])).rejects.toMatchObject({
      code: "NoSuchUpload",
    });
  });
});

describe("a copy between two stores", () => {
  let other: MemoryStore;
  let client: ObjectStore;
  beforeEach(async () => {
    other = new MemoryStore({ limits: { ...limits, maxPutSize: 100, maxPartSize: 50 } });
    await other.buckets.create("far");
    client = clientOf((bucket) =>
      bucket === "near" ? { store: upstream, bucket: "all" } : { store: other, bucket: "far", prefix: "in/" },
    );
  });
  const near = { bucket: "near", key: "k" };
  const far = { bucket: "far", key: "copy" };

  it("comes through the gateway with all that is kept of the object", async () => {
    await upstream.put({ bucket: "all", key: "k" }, utf8("hello"), {
      contentType: "text/plain",
      cacheControl: "no-store",
      metadata: { colour: "blue" },
      tags: { kind: "test" },
    });
    const { etag } = await client.copy(near, far);
    const copied = await other.get({ bucket: "far", key: "in/copy" });
    expect(copied).toMatchObject({
      etag,
      contentType: "text/plain",
      cacheControl: "no-store",
      metadata: { colour: "blue" },
      tags: { kind: "test" },
    });
    expect(await new Response(copied.body).text()).toBe("hello");
    await client.copy(near, far, { replaceHeaders: true, contentType: "text/csv", metadata: {} });
    const replaced = await other.head({ bucket: "far", key: "in/copy" });
    expect(replaced).toMatchObject({ contentType: "text/csv", metadata: {} });
    expect(replaced.cacheControl).toBe(undefined);
  });

  it("may be of nothing, and heeds conditions at both ends", async () => {
    await upstream.put({ bucket: "all", key: "k" }, new Uint8Array(0));
    await client.copy(near, far, { ifNoneMatch: "*" });
    expect((await other.head({ bucket: "far", key: "in/copy" })).size).toBe(0);
    const failed = { code: "PreconditionFailed" };
    await expect(client.copy(near, far, { ifNoneMatch: "*" })).rejects.toMatchObject(failed);
    await expect(client.copy(near, far, { sourceIfMatch: '"other"' })).rejects.toMatchObject(failed);
    const { etag } = await upstream.head({ bucket: "all", key: "k" });
    await expect(client.copy(near, far, { sourceIfNoneMatch: etag })).rejects.toMatchObject(failed);
    await expect(client.copy({ ...near, key: "none" }, far)).rejects.toMatchObject({ code: "NoSuchKey" });
  });

  it("makes parts, of ranges within the object", async () => {
    await upstream.put({ bucket: "all", key: "k" }, utf8("0123456789"));
    const begun = await client.createMultipart(far);
    const parts = [
      await client.copyPart(begun, 1, near, { range: { start: 2, end: 4 } }),
      await client.copyPart(begun, 2, near),
    ];
    await expect(client.copyPart(begun, 3, near, { range: { start: 8, end: 10 } })).rejects.toMatchObject({
      code: "InvalidRange",
    });
    await client.completeMultipart(begun, parts);
    expect(await text(client, "far", "copy")).toBe("2340123456789");
  });

  it("of more than the other store takes at once is refused, and reads nothing on", async () => {
    await upstream.put({ bucket: "all", key: "k" }, new Uint8Array(101));
    await expect(client.copy(near, far)).rejects.toMatchObject({ code: "InvalidRequest" });
    const begun = await client.createMultipart(far);
    await expect(client.copyPart(begun, 1, near)).rejects.toMatchObject({ code: "InvalidRequest" });
    expect((await keysOf(other, "far")).keys).toEqual([]);
    expect(budget.held).toBe(0);
  });

  it("that the other store refuses lets go of what it read", async () => {
    const cancelled: unknown[] = [];
    await upstream.put({ bucket: "all", key: "k" }, utf8("hello"));
    const got = await upstream.get({ bucket: "all", key: "k" });
    const body = new ReadableStream<Uint8Array>({ cancel: (reason) => void cancelled.push(reason) });
    const refusal = new StoreError("AccessDenied", "of the store", { status: 403 });
    const watched = Object.assign(Object.create(upstream), {
      get: async () => ({ ...got, body }),
    }) as ObjectStore;
    const refusing = Object.assign(Object.create(other), {
      put: () => Promise.reject(refusal),
    }) as ObjectStore;
    const through = clientOf((bucket) =>
      bucket === "near" ? { store: watched, bucket: "all" } : { store: refusing, bucket: "far" },
    );
    await expect(through.copy(near, far)).rejects.toMatchObject({ code: "AccessDenied" });
    expect(cancelled).toEqual([refusal]);
  });
});

describe("ListBuckets with a function for a store", () => {
  const route: RouteStore = () => undefined;
  it("is what another function says for whoever asks", async () => {
    const created = new Date("2026-01-02T03:04:05.000Z");
    const client = clientOf(route, {
      listBuckets: async ({ accessKeyId }) => [{ name: `of-${accessKeyId}`, created }, { name: "undated" }],
    });
    expect(await client.buckets!.list()).toEqual([
      { name: "of-undefined", created },
      { name: "undated", created: new Date(0) },
    ]);
  });

  it("is 501 without one", async () => {
    await expect(clientOf(route).buckets!.list()).rejects.toMatchObject({
      code: "NotImplemented",
      status: 501,
    });
  });
});
