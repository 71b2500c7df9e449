import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { S3_LIMITS } from "@sluice/object-store";
import { DirectoryStore } from "@sluice/object-store/node";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const bytes = (text: string) => new TextEncoder().encode(text);
const at = (key: string) => ({ bucket: "bucket", key });
const limits = { minPartSize: 4 };

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "sluice-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

// Syncing is slow, and only a machine that crashes would notice: the first test does it, the others do not.
const open = ({ sync = false } = {}) => DirectoryStore.open(directory, { limits, sync });
const read = async (store: DirectoryStore, key: string) =>
  new Response((await store.get(at(key))).body).text();

/** Every file below the directory, without what says whose it is. */
async function files(): Promise<string[]> {
  const all = await readdir(directory, { recursive: true, withFileTypes: true });
  return all
    .filter((entry) => entry.isFile() && !/^(sluice-store|bucket)\.json$/.test(entry.name))
    .map(({ name }) => name);
}

async function multipart(store: DirectoryStore, key: string, ...texts: string[]) {
  const upload = await store.createMultipart(at(key), { contentType: "text/plain" });
  const parts = await Promise.all(texts.map((text, i) => store.putPart(upload, i + 1, bytes(text))));
  return { upload, parts };
}

describe("DirectoryStore", () => {
  test("keeps objects, headers, uploads and parts when it is opened again", async () => {
    const before = await open({ sync: true });
    await before.put(at("a"), bytes("hello"), { metadata: { colour: "green" } });
    const { upload, parts } = await multipart(before, "b", "hello", "world");
    const after = await open();
    expect(await read(after, "a")).toBe("hello");
    expect(await after.head(at("a"))).toEqual(await before.head(at("a")));
    expect((await after.listMultiparts("bucket")).uploads).toMatchObject([upload]);
    expect((await after.listParts(upload)).parts).toMatchObject(parts);
    await after.completeMultipart(upload, parts);
    const again = await open();
    expect(await read(again, "b")).toBe("helloworld");
    expect(await again.head(at("b"))).toMatchObject({ contentType: "text/plain", size: 10 });
    expect((await again.listMultiparts("bucket")).uploads).toEqual([]);
  });

  test("tells the parts of an object and their checksums when it is opened again", async () => {
    const before = await open();
    const upload = await before.createMultipart(at("k"), { checksumAlgorithm: "crc32c" });
    const parts = [
      await before.putPart(upload, 1, bytes("hello")),
      await before.putPart(upload, 2, bytes("!")),
    ];
    await before.completeMultipart(upload, parts);
    const after = await open();
    const told = async (partNumber: number) => (await after.head(at("k"), { partNumber })).part;
    expect(await told(1)).toEqual({ range: { start: 0, end: 4 }, checksum: parts[0]?.checksum });
    expect(await told(2)).toEqual({ range: { start: 5, end: 5 }, checksum: parts[1]?.checksum });
    await expect(told(3)).rejects.toMatchObject({ code: "InvalidPartNumber" });
  });

  test("can be used without having been opened", async () => {
    const store = new DirectoryStore(join(directory, "made", "on", "the", "way"), { sync: false });
    await Promise.all([store.put(at("a"), bytes("1")), store.put(at("b"), bytes("2"))]);
    expect(await read(store, "b")).toBe("2");
  });

  test("refuses a directory that holds something else", async () => {
    await writeFile(join(directory, "thesis.doc"), "precious");
    await expect(open()).rejects.toMatchObject({ code: "InvalidRequest" });
    expect(await readFile(join(directory, "thesis.doc"), "utf8")).toBe("precious");
    await rm(join(directory, "thesis.doc"));
    await writeFile(join(directory, "sluice-store.json"), '{"version":2}');
    await expect(open()).rejects.toThrow("another version");
  });

  test("leaves no file behind when objects are replaced, deleted, and uploads aborted", async () => {
    const store = await open();
    const first = await multipart(store, "k", "hello", "world", "never named");
    await store.completeMultipart(first.upload, first.parts.slice(0, 2));
    expect(await files()).toHaveLength(3);
    const second = await multipart(store, "k", "hello");
    await store.completeMultipart(second.upload, second.parts);
    expect(await files()).toHaveLength(2);
    await store.put(at("k"), bytes("plain"));
    expect(await files()).toHaveLength(1);
    const third = await multipart(store, "k/deep/er", "hello");
    await store.abortMultipart(third.upload);
    await store.put(at("k/deep/er"), bytes(""));
    await store.deleteMany("bucket", ["k", "k/deep/er"]);
    expect(await files()).toEqual([]);
    expect(await readdir(join(directory, "buckets", "bucket", "objects"))).toEqual([]);
  });

  test("a reader keeps its version when the object is replaced or deleted under it", async () => {
    const store = await open();
    await store.put(at("a"), bytes("one"));
    const { upload, parts } = await multipart(store, "b", "hello", "world");
    await store.completeMultipart(upload, parts);
    const [plain, joined] = [await store.get(at("a")), await store.get(at("b"))];
    const reader = joined.body.getReader();
    expect((await reader.read()).value).toEqual(bytes("hello"));
    await store.put(at("a"), bytes("two"));
    await store.delete(at("b"));
    expect(await new Response(plain.body).text()).toBe("one");
    expect((await reader.read()).value).toEqual(bytes("world"));
    expect((await reader.read()).done).toBe(true);
    await expect.poll(files).toHaveLength(1);
  });

  test("clears away what a crash in the middle of a write has left", async () => {
    const store = await open();
    await store.put(at("k"), bytes("old"));
    let ask: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      ask = resolve;
    });
    const stalled = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(bytes("new"));
        ask();
        return new Promise(() => undefined);
      },
    });
    const stop = new AbortController();
    const write = store.put(at("k"), { stream: stalled, length: 300_000 }, { signal: stop.signal });
    await asked;
    await expect.poll(files).toHaveLength(2);
    const again = await open();
    expect(await files()).toHaveLength(1);
    expect(await read(again, "k")).toBe("old");
    stop.abort("so that its file is closed");
    await expect(write).rejects.toBe("so that its file is closed");
  });

  test("a crash in the middle of a completion leaves the upload or the object, whole", async () => {
    const store = await open();
    const { upload, parts } = await multipart(store, "k", "hello", "world");
    const bucket = join(directory, "buckets", "bucket");
    const mark = join(directory, "pending", upload.uploadId);
    const crash = async () => {
      await writeFile(mark, JSON.stringify(upload));
      const { rename } = await import("node:fs/promises");
      await rename(join(bucket, "uploads", upload.uploadId), join(bucket, "parts", upload.uploadId));
    };
    await crash(); // behind the hand-over, before the object has its name
    const second = await open();
    expect((await second.listParts(upload)).parts).toMatchObject(parts);
    await expect(second.head(at("k"))).rejects.toMatchObject({ code: "NoSuchKey" });

    await second.completeMultipart(upload, parts);
    await writeFile(mark, JSON.stringify(upload)); // behind the publishing, before the clearing away
    await writeFile(join(bucket, "parts", upload.uploadId, "3.part"), "never named");
    const third = await open();
    expect(await read(third, "k")).toBe("helloworld");
    expect(await readdir(join(bucket, "parts", upload.uploadId))).toEqual(["1.part", "2.part"]);

    await writeFile(mark, JSON.stringify(upload)); // behind a replacement
    await rm(join(bucket, "objects", "o-k"));
    await open();
    expect(await files()).toEqual([]);
  });

  test("keys never leave the directory, however they are spelt", async () => {
    const store = await open();
    const keys = [
      "..",
      "../../etc/passwd",
      "/",
      "//",
      "a/",
      "a",
      "a/b",
      "A",
      "\0",
      "con",
      "x.",
      "%2e",
      "a\\b",
      "é",
      "\u{1f600}",
    ];
    keys.push(
      "x".repeat(255),
      "x".repeat(64),
      `${"x".repeat(64)}/y`,
      `${"x".repeat(63)}/y`,
      "\u{1f600}".repeat(256),
      "/".repeat(1024),
    );
    for (const key of keys) await store.put(at(key), bytes(key));
    for (const key of keys) expect(await read(store, key)).toBe(key);
    const { objects } = await store.list("bucket");
    const sorted = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect(objects.map(({ key }) => key)).toEqual(sorted);
    const expected = ["buckets", "owners", "pending", "sluice-store.json", "tmp"];
    expect((await readdir(directory)).sort()).toEqual(expected);
    const names = await readdir(directory, { recursive: true });
    expect(names.every((name) => name === name.toLowerCase())).toBe(true);
    await store.deleteMany("bucket", keys);
    await store.buckets.delete("bucket");
    expect(await readdir(join(directory, "buckets"))).toEqual([]);
  });

  test("lists any keys by any prefix, delimiter and page as a sorted array would", async () => {
    const store = await open();
    await store.buckets.create("bucket");
    const letter = fc.constantFrom(
      "a",
      "b",
      "/",
      "!",
      "0",
      "\u{e9}",
      "\u{ff5e}",
      "\u{1f600}",
      "x".repeat(63),
    );
    const text = fc.array(letter, { maxLength: 4 }).map((letters) => letters.join(""));
    const key = text.filter((one) => one !== "");
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(key, { maxLength: 8 }),
        text,
        text,
        fc.integer({ min: 1, max: 3 }),
        async (keys, prefix, startAfter, limit) => {
          for (const one of keys) await store.put(at(one), bytes(""));
          const order = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
          const expected = keys
            .filter((one) => one.startsWith(prefix) && order(one, startAfter) > 0)
            .sort(order);
          const rolled = expected.map((one) => {
            const cut = one.indexOf("/", prefix.length);
            return cut < 0 ? one : one.slice(0, cut + 1);
          });
          for (const [delimiter, wanted] of [
            [undefined, expected],
            ["/", [...new Set(rolled)]],
          ] as const) {
            const seen: string[] = [];
            let continuation: string | undefined;
            do {
              const page = await store.list("bucket", { prefix, delimiter, startAfter, limit, continuation });
              seen.push(...[...page.objects.map((object) => object.key), ...page.commonPrefixes].sort(order));
              continuation = page.next;
            } while (continuation !== undefined);
            expect(seen).toEqual(wanted);
          }
          if (keys.length > 0) await store.deleteMany("bucket", keys);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("writes in the same directory that others empty", async () => {
    const store = await open();
    const key = (i: number) => at(`a/b/${i}`);
    await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        await store.put(key(i), bytes(String(i)));
        if (i % 2 === 0) await store.delete(key(i));
      }),
    );
    expect((await store.list("bucket")).objects).toHaveLength(10);
  });

  test("streams that come in small chunks, and bodies larger than its buffers, arrive whole", async () => {
    const store = await open();
    const large = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 31) >> 3);
    let sent = 0;
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        const size = (sent % 70_001) + 1;
        controller.enqueue(large.slice(sent, sent + size));
        sent += size;
        if (sent >= large.length) controller.close();
      },
    });
    await store.put(at("stream"), { stream, length: large.length });
    await store.put(at("whole"), large);
    await store.put(at("pieces"), [
      large.subarray(0, 5),
      large.subarray(5, 2_000_000),
      large.subarray(2_000_000),
    ]);
    for (const key of ["stream", "whole", "pieces"]) {
      const back = await new Response((await store.get(at(key))).body).arrayBuffer();
      expect(Buffer.from(back).equals(large)).toBe(true);
    }
  });

  test("keeps records larger than one read finds", async () => {
    const store = new DirectoryStore(directory, { limits: { maxMetadataSize: 100_000 }, sync: false });
    const metadata = { long: "x".repeat(50_000) };
    await store.put(at("k"), bytes("hello"), { metadata });
    expect(await store.head(at("k"))).toMatchObject({ metadata, size: 5 });
    expect(store.limits.minPartSize).toBe(S3_LIMITS.minPartSize);
  });

  test("says so when a file in its directory is not its own or was cut", async () => {
    const store = await open();
    await store.put(at("k"), bytes("hello"));
    const objects = join(directory, "buckets", "bucket", "objects");
    await truncate(join(objects, "o-k"), 20);
    await expect(store.get(at("k"))).rejects.toMatchObject({ code: "InternalError", retryable: false });
    await mkdir(join(objects, "stranger"));
    expect((await store.list("bucket", { prefix: "l" })).objects).toEqual([]);
  });

  test("closes its files when a body is read to its end, cancelled or aborted", async () => {
    const store = await open();
    await store.put(at("k"), new Uint8Array(200_000));
    const { upload, parts } = await multipart(store, "parts", "hello", "world");
    await store.completeMultipart(upload, parts);
    const before = await openFiles();
    for (const key of ["k", "parts"]) {
      const stop = new AbortController();
      const bodies = [];
      for (let i = 0; i < 3; i++) bodies.push((await store.get(at(key), { signal: stop.signal })).body);
      await new Response(bodies[0]).arrayBuffer();
      const reader = bodies[1]!.getReader();
      await reader.read();
      await reader.cancel("enough");
      stop.abort("enough");
      await expect(bodies[2]!.getReader().read()).rejects.toBe("enough");
    }
    await expect.poll(openFiles).toEqual(before);
  });

  const openFiles = async () => {
    const { readlink } = await import("node:fs/promises");
    const links = (await readdir("/proc/self/fd")).map((fd) =>
      readlink(`/proc/self/fd/${fd}`).catch(() => ""),
    );
    return (await Promise.all(links)).filter((path) => path.startsWith(directory)).sort();
  };
});
