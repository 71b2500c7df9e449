import { fail, faulty, MemoryStore, type ObjectStore, StoreError } from "@sluice/object-store";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { copyObject } from "../src/cp/copy-object.js";
import { environment, MiB, noise, run, serving } from "./harness.js";

let server: Awaited<ReturnType<typeof serving>>;
beforeEach(async () => {
  server = await serving();
  await server.store.buckets.create("other");
  for (const [name, value] of Object.entries(environment(server.url))) vi.stubEnv(name, value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
});

const bytesOf = async (key: string, bucket = "box") =>
  Buffer.from(await new Response((await server.store.get({ bucket, key })).body).arrayBuffer());
const keysIn = async (bucket: string) => (await server.store.list(bucket)).objects.map(({ key }) => key);
const kept = { contentType: "text/x", cacheControl: "no-store", metadata: { a: "b" } };

/** How many bytes of bodies the server has sent and been sent meanwhile. */
function counting() {
  const put = vi.spyOn(server.store, "put");
  const get = vi.spyOn(server.store, "get");
  return { bodies: () => put.mock.calls.length + get.mock.calls.length };
}

describe("from S3 to S3, one object", () => {
  test("is copied by the server, with its bytes, headers and metadata", async () => {
    const bytes = noise(11 * MiB);
    await server.store.put({ bucket: "box", key: "k" }, bytes, kept);
    const { bodies } = counting();
    const { code, err } = await run(["cp", "s3://box/k", "s3://other/copy/", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(err.trim().split("\n").at(-1)!)).toMatchObject({ event: "done", bytes: 11 * MiB });
    expect(bodies()).toBe(0);
    expect((await bytesOf("copy/k", "other")).equals(bytes)).toBe(true);
    expect(await server.store.head({ bucket: "other", key: "copy/k" })).toMatchObject(kept);
  });

  test("gets another type by --content-type, and keeps the rest; also one that is copied onto itself", async () => {
    await server.store.put({ bucket: "box", key: "k" }, noise(5), kept);
    for (const to of ["l", "k"]) {
      const { code, err } = await run(["cp", "s3://box/k", `s3://box/${to}`, "--content-type", "text/y"]);
      expect({ code, err }).toEqual({ code: 0, err: "" });
      const head = await server.store.head({ bucket: "box", key: to });
      expect(head).toMatchObject({ ...kept, contentType: "text/y", size: 5 });
    }
  });

  test("that is not there is told in one line", async () => {
    const { code, err } = await run(["cp", "s3://box/none", "s3://box/k"]);
    expect([code, err]).toEqual([1, expect.stringMatching(/^sluice: NoSuchKey[^\n]*\n$/)]);
  });
});

describe("cp -r from S3 to S3", () => {
  test("copies what is in the folder, and what stands for an empty one, by the server", async () => {
    for (const key of ["x/a", "x/deep/b", "x/empty/", "xy", "y"]) {
      await server.store.put({ bucket: "box", key }, Buffer.from(key), kept);
    }
    const { bodies } = counting();
    const { code, err } = await run(["cp", "-r", "s3://box/x", "s3://other/to", "--json", "--files", "2"]);
    expect(code).toBe(0);
    expect(bodies()).toBe(0);
    expect(await keysIn("other")).toEqual(["to/a", "to/deep/b", "to/empty/"]);
    expect((await bytesOf("to/deep/b", "other")).toString()).toBe("x/deep/b");
    expect(await server.store.head({ bucket: "other", key: "to/a" })).toMatchObject(kept);
    const lines = err
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { event: string; key?: string });
    const told = lines.filter(({ event }) => event === "file").map(({ key }) => key);
    expect(told.sort()).toEqual(["x/a", "x/deep/b", "x/empty/"]);
    expect(lines.at(-1)).toMatchObject({ event: "done", bytes: 19, files: 3, skipped: 0, failed: 0 });
  });

  test("copies page by page, a whole bucket, and to the folder above", async () => {
    const names = Array.from({ length: 10 }, (_, i) => `a/b/${i}`);
    for (const key of names) await server.store.put({ bucket: "box", key }, Buffer.from(key));
    const list = server.store.list.bind(server.store);
    vi.spyOn(server.store, "list").mockImplementation((bucket, options) =>
      list(bucket, { ...options, limit: 3 }),
    );
    expect(await run(["cp", "-r", "s3://box", "s3://other"])).toMatchObject({ code: 0, err: "" });
    expect(await run(["cp", "-r", "s3://other/a/b", "s3://other/a/"])).toMatchObject({ code: 0, err: "" });
    vi.restoreAllMocks();
    expect(await keysIn("other")).toEqual([...names.map((_, i) => `a/${i}`), ...names]);
    expect((await bytesOf("a/9", "other")).toString()).toBe("a/b/9");
  });

  test("names what could not be copied, line by line, and copies the rest", async () => {
    for (const key of ["x/a", "x/b", "x/c"]) await server.store.put({ bucket: "box", key }, noise(3));
    const copy = server.store.copy.bind(server.store);
    vi.spyOn(server.store, "copy").mockImplementation((source, target, options) =>
      source.key === "x/b"
        ? server.store.copy({ ...source, key: "gone" }, target)
        : copy(source, target, options),
    );
    const { code, err } = await run(["cp", "-r", "s3://box/x/", "s3://other/"]);
    expect(err).toMatch(
      /^sluice: s3:\/\/box\/x\/b: NoSuchKey[^\n]*\nsluice: 1 of 3 files were not copied\n$/,
    );
    expect([code, await keysIn("other")]).toEqual([1, ["a", "c"]]);
  });

  test("ends at once where all would fail alike, and says when nothing is there", async () => {
    await server.store.put({ bucket: "box", key: "x/a" }, noise(3));
    const none = await run(["cp", "-r", "s3://box/x/", "s3://no-such-box/"]);
    expect([none.code, none.err]).toEqual([1, expect.stringMatching(/^sluice: NoSuchBucket[^\n]*\n$/)]);
    const { code, err } = await run(["cp", "-r", "s3://box/none", "s3://other"]);
    const says = "sluice: s3://box/none/: nothing is there; copy one object without --recursive\n";
    expect({ code, err }).toEqual({ code: 1, err: says });
  });
});

describe("an object that is too large for one copy", () => {
  const [from, to] = [
    { bucket: "b", key: "from" },
    { bucket: "b", key: "to" },
  ];
  const stop = new AbortController();
  const how = { slots: 2, partSize: 10, signal: stop.signal, onCopied: () => {} };
  let memory: MemoryStore;
  beforeEach(async () => {
    memory = new MemoryStore({ limits: { minPartSize: 5, maxPartSize: 50, maxParts: 10, maxPutSize: 200 } });
    await memory.put(from, noise(95), kept);
  });

  /** The same store, which copies no more than this at once. */
  const copyingAtMost = (maxPutSize: number, store: ObjectStore = memory): ObjectStore =>
    new Proxy(store, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (name === "limits") return { ...store.limits, maxPutSize };
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  const read = async () => Buffer.from(await new Response((await memory.get(to)).body).arrayBuffer());
  const open = async () => (await memory.listMultiparts("b")).uploads.length;

  test.each([
    [94, 10, 10],
    [94, 1, 10],
    [94, 95, 2],
    [95, 10, 0],
  ])(
    "more than %d bytes in parts of %d are %d parts, with headers and metadata",
    async (most, partSize, parts) => {
      const copyPart = vi.spyOn(memory, "copyPart");
      const told: number[] = [];
      const onCopied = (bytes: number) => told.push(bytes);
      expect(await copyObject(copyingAtMost(most), from, to, { ...how, partSize, onCopied })).toBe(95);
      expect((await read()).equals(noise(95))).toBe(true);
      expect(await memory.head(to)).toMatchObject(kept);
      expect(copyPart).toHaveBeenCalledTimes(parts);
      expect(told.reduce((sum, bytes) => sum + bytes)).toBe(95);
      expect(await open()).toBe(0);
    },
  );

  test("leaves no upload when a part fails, and fails with that", async () => {
    const store = faulty(memory, [fail("copyPart", () => new StoreError("AccessDenied", "not you"), 3)]);
    await expect(copyObject(copyingAtMost(50, store), from, to, how)).rejects.toMatchObject({
      code: "AccessDenied",
    });
    expect(await open()).toBe(0);
    await expect(memory.head(to)).rejects.toMatchObject({ code: "NoSuchKey" });
  });

  test("is refused when it is replaced while its parts are copied", async () => {
    const copyPart = memory.copyPart.bind(memory);
    vi.spyOn(memory, "copyPart").mockImplementation(async (...args) => {
      if (args[1] === 3) await memory.put(from, noise(96));
      return copyPart(...args);
    });
    const copying = copyObject(copyingAtMost(50), from, to, how);
    await expect(copying).rejects.toMatchObject({ code: "PreconditionFailed" });
    expect(await open()).toBe(0);
  });

  test("leaves no upload when it is interrupted, and fails with the reason", async () => {
    const interrupt = new AbortController();
    const onCopied = () => interrupt.abort("enough");
    const { signal } = interrupt;
    const copying = copyObject(copyingAtMost(50), from, to, { ...how, signal, onCopied });
    await expect(copying).rejects.toBe("enough");
    expect(await open()).toBe(0);
  });
});
