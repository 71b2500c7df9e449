import { MemoryStore, S3_LIMITS } from "@sluice/object-store";
import { describe, expect, test, vi } from "vitest";

const bytes = (text: string) => new TextEncoder().encode(text);
const at = (key: string) => ({ bucket: "bucket", key });
const tiny = () => new MemoryStore({ limits: { minPartSize: 4, maxPageSize: 3 } });
const read = async (store: MemoryStore, key: string, options = {}) =>
  new Response((await store.get(at(key), options)).body).text();

function streamOf(...chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      const chunk = chunks.shift();
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
  });
}

describe("MemoryStore", () => {
  test("gives back what was put, with its headers, an MD5 as ETag and its time", async () => {
    const store = new MemoryStore({ now: () => new Date(1e12) });
    const headers = { contentType: "text/plain", metadata: { colour: "green" } };
    const { etag } = await store.put(at("k"), bytes("hello"), { ...headers, metadata: { Colour: "green" } });
    expect(etag).toBe('"5d41402abc4b2a76b9719d911017c592"');
    const { body, ...info } = await store.get(at("k"));
    expect(await new Response(body).text()).toBe("hello");
    expect(info).toEqual({
      ...headers,
      etag,
      size: 5,
      lastModified: new Date(1e12),
      range: { start: 0, end: 4 },
    });
  });

  test("completes with parts that differ in size, or where the store wants them equal, with none that do", async () => {
    for (const [sizes, equal] of [
      [[4, 4, 2], true],
      [[4, 4, 4], true],
      [[4], true],
      [[4, 8, 2], false],
      [[8, 4, 4], false],
      [[4, 5], false],
    ] as const) {
      for (const equalParts of [false, true]) {
        const store = new MemoryStore({ limits: { minPartSize: 4, equalParts } });
        const upload = await store.createMultipart(at("k"));
        const send = (size: number, i: number) => store.putPart(upload, i + 1, new Uint8Array(size));
        const parts = await Promise.all(sizes.map(send));
        const completed = store.completeMultipart(upload, parts).then(
          () => "published",
          ({ code }) => code,
        );
        expect(await completed).toBe(equal || !equalParts ? "published" : "InvalidPart");
      }
    }
  });

  test("keeps S3's limits for those that were not given", () => {
    expect(tiny().limits).toEqual({ ...S3_LIMITS, minPartSize: 4, maxPageSize: 3 });
  });

  test("copies what comes in and what goes out, so buffers may be reused", async () => {
    const store = new MemoryStore();
    const buffer = bytes("hello");
    await store.put(at("k"), buffer);
    buffer.fill(0);
    const chunk = (await (await store.get(at("k"))).body.getReader().read()).value!;
    chunk.fill(0);
    expect(await read(store, "k")).toBe("hello");
  });

  test("hands a large object out in chunks of at most 64 KiB, none before it is asked for", async () => {
    const store = new MemoryStore();
    await store.put(at("k"), [new Uint8Array(100_000), new Uint8Array(100_000).fill(7)]);
    const reader = (await store.get(at("k"))).body.getReader({ mode: "byob" });
    let size = 0;
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(50_000));
      if (done) break;
      expect(value.every((byte, i) => byte === (size + i < 100_000 ? 0 : 7))).toBe(true);
      size += value.length;
    }
    expect(size).toBe(200_000);
  });

  test.each([
    ["ends early", [bytes("hel")]],
    ["goes on", [bytes("hello"), bytes("!")]],
  ])("refuses a stream that %s, and publishes nothing", async (_how, chunks) => {
    const store = new MemoryStore();
    await expect(store.put(at("k"), { stream: streamOf(...chunks), length: 5 })).rejects.toMatchObject({
      code: "IncompleteBody",
      status: 400,
      retryable: false,
    });
    await expect(store.head(at("k"))).rejects.toMatchObject({ code: "NoSuchKey" });
  });

  test("tells the stream of a request that it refuses at once to stop", async () => {
    const store = new MemoryStore({ limits: { maxPutSize: 4 } });
    let cancelled: unknown;
    const stream = new ReadableStream<Uint8Array>({
      cancel: (reason) => {
        cancelled = reason;
      },
    });
    const error = await store.put(at("k"), { stream, length: 5 }).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: "EntityTooLarge" });
    expect(cancelled).toBe(error);
  });

  test("an abort stops a put whose stream stalls, cancels the stream and publishes nothing", async () => {
    const store = new MemoryStore();
    const stop = new AbortController();
    let cancelled: unknown;
    let asked: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const stream = new ReadableStream<Uint8Array>(
      {
        pull: () => {
          asked();
          return new Promise(() => undefined);
        },
        cancel: (reason) => {
          cancelled = reason;
        },
      },
      { highWaterMark: 0 },
    );
    const put = store.put(at("k"), { stream, length: 5 }, { signal: stop.signal });
    await begun;
    stop.abort("enough");
    await expect(put).rejects.toBe("enough");
    expect(cancelled).toBe("enough");
    await expect(store.head(at("k"))).rejects.toMatchObject({ code: "NoSuchKey" });
  });

  test("an abort during a get errors its body with the reason", async () => {
    const store = new MemoryStore();
    await store.put(at("k"), bytes("hello"));
    const stop = new AbortController();
    const { body } = await store.get(at("k"), { signal: stop.signal });
    stop.abort("enough");
    await expect(body.getReader().read()).rejects.toBe("enough");
  });

  test("joins parts by number, and reads one of them", async () => {
    const store = tiny();
    const upload = await store.createMultipart(at("k"), { checksumAlgorithm: "sha256" });
    const last = await store.putPart(upload, 2, bytes("!!"));
    const first = await store.putPart(upload, 1, bytes("hello"));
    const { etag, checksum } = await store.completeMultipart(upload, [first, last], { size: 7 });
    expect(etag).toMatch(/^"[0-9a-f]{32}-2"$/);
    expect(checksum).toMatchObject({
      algorithm: "sha256",
      type: "composite",
      value: expect.stringMatching(/-2$/),
    });
    expect(await read(store, "k")).toBe("hello!!");
    expect(await read(store, "k", { range: { start: 4, end: 5 } })).toBe("o!");
    const part = await store.get(at("k"), { partNumber: 2 });
    expect(part).toMatchObject({ range: { start: 5, end: 6 }, partsCount: 2, size: 7 });
    await expect(store.get(at("k"), { partNumber: 3 })).rejects.toMatchObject({ code: "InvalidPartNumber" });
    const head = await store.head(at("k"), { partNumber: 1 });
    expect(head.part).toEqual({ range: { start: 0, end: 4 }, checksum: first.checksum });
    expect(head).toMatchObject({ size: 7, partsCount: 2 });
    expect(head.checksum).toBeUndefined();
    await expect(store.head(at("k"), { partNumber: 3 })).rejects.toMatchObject({ code: "InvalidPartNumber" });
    expect((await store.listMultiparts("bucket")).uploads).toEqual([]);
  });

  test("lists in the order of UTF-8 bytes, page by page", async () => {
    const store = tiny();
    const keys = ["a", "a/1", "a/2", "b", "\u{ff5e}", "\u{1f600}"];
    for (const key of [...keys].reverse()) await store.put(at(key), bytes(key));
    const seen: string[] = [];
    let continuation: string | undefined;
    do {
      const page = await store.list("bucket", { continuation });
      expect(page.objects.length).toBeLessThanOrEqual(3);
      seen.push(...page.objects.map(({ key }) => key));
      continuation = page.next;
    } while (continuation !== undefined);
    expect(seen).toEqual(keys);
    const rolledUp = await store.list("bucket", { delimiter: "/", limit: 2 });
    expect(rolledUp).toMatchObject({ objects: [{ key: "a" }], commonPrefixes: ["a/"] });
    const rest = await store.list("bucket", { delimiter: "/", continuation: rolledUp.next });
    expect(rest.objects.map(({ key }) => key)).toEqual(["b", "\u{ff5e}", "\u{1f600}"]);
    expect(rest).not.toHaveProperty("next");
  });

  test("of two writers that may only create, one wins", async () => {
    const store = new MemoryStore();
    const results = await Promise.allSettled(
      ["one", "two"].map((text) => store.put(at("k"), bytes(text), { ifNoneMatch: "*" })),
    );
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  test("makes buckets when they are written to, unless told not to", async () => {
    await new MemoryStore().put(at("k"), bytes("hello"));
    const strict = new MemoryStore({ autoCreateBuckets: false });
    await expect(strict.put(at("k"), bytes("hello"))).rejects.toMatchObject({
      code: "NoSuchBucket",
      status: 404,
    });
    await strict.buckets.create("bucket");
    await expect(strict.buckets.create("bucket")).rejects.toMatchObject({ code: "BucketAlreadyOwnedByYou" });
    await strict.put(at("k"), bytes("hello"));
    await expect(strict.buckets.delete("bucket")).rejects.toMatchObject({ code: "BucketNotEmpty" });
    await strict.delete(at("k"));
    await strict.buckets.delete("bucket");
    expect(await strict.buckets.list()).toEqual([]);
  });

  test.each(["UPPER", "a..b", "-a", "a/b", "..", "", "x".repeat(64)])(
    "refuses the bucket name %j",
    async (bucket) => {
      await expect(new MemoryStore().put({ bucket, key: "k" }, bytes(""))).rejects.toMatchObject({
        code: "InvalidBucketName",
      });
    },
  );

  test("copies with the source's headers, or with new ones", async () => {
    const store = new MemoryStore();
    const { etag } = await store.put(at("k"), bytes("hello"), { contentType: "text/plain" });
    expect(await store.copy(at("k"), at("l"), { sourceIfMatch: etag })).toEqual({ etag });
    expect(await store.head(at("l"))).toMatchObject({ contentType: "text/plain", etag });
    await store.copy(at("k"), at("k"), { replaceHeaders: true, metadata: { a: "b" } });
    const info = await store.head(at("k"));
    expect(info.metadata).toEqual({ a: "b" });
    expect(info).not.toHaveProperty("contentType");
    await expect(store.copy(at("k"), at("k"))).rejects.toMatchObject({ code: "InvalidRequest" });
  });

  test("copies into a part no more than a part may have, and reads on after the source is gone", async () => {
    const store = new MemoryStore({ limits: { minPartSize: 1, maxPartSize: 4 } });
    await store.put(at("k"), bytes("hello"));
    const upload = await store.createMultipart(at("l"), { checksumAlgorithm: "crc32" });
    await expect(store.copyPart(upload, 1, at("k"))).rejects.toMatchObject({ code: "InvalidRequest" });
    for (const range of [
      { start: 3, end: 2 },
      { start: -1, end: 2 },
    ]) {
      const request = store.copyPart(upload, 1, at("k"), { range });
      await expect(request).rejects.toMatchObject({ code: "InvalidArgument" });
    }
    const part = await store.copyPart(upload, 1, at("k"), { range: { start: 1, end: 4 } });
    expect(part.checksum?.algorithm).toBe("crc32");
    await store.delete(at("k"));
    const { checksum } = await store.completeMultipart(upload, [part], { size: 4 });
    expect(checksum?.type).toBe("composite");
    expect(await new Response((await store.get(at("l"))).body).text()).toBe("ello");
  });

  test("a copy into a part that is refused leaves no listener on its signal", async () => {
    const store = new MemoryStore();
    await store.put(at("k"), bytes("hello"));
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    const gone = { ...at("l"), uploadId: "gone" };
    await expect(store.copyPart(gone, 1, at("k"), { signal })).rejects.toMatchObject({
      code: "NoSuchUpload",
    });
    expect(removed.mock.calls.length).toBeGreaterThanOrEqual(added.mock.calls.length);
    expect(added).toHaveBeenCalled();
  });

  test("deletes many, and says which keys it refused", async () => {
    const store = new MemoryStore({ limits: { maxKeySize: 4, maxDeleteKeys: 2 } });
    await store.put(at("k"), bytes(""));
    expect(await store.deleteMany("bucket", ["k", "too long"])).toMatchObject({
      deleted: ["k"],
      failed: [{ key: "too long", code: "KeyTooLongError" }],
    });
    await expect(store.deleteMany("bucket", ["a", "b", "c"])).rejects.toMatchObject({ code: "MalformedXML" });
  });
});
