import {
  type Fault,
  failOnce,
  faulty,
  flipBit,
  hang,
  loseAnswer,
  MemoryStore,
  type ObjectStore,
  slow,
  slowDown,
  truncate,
} from "@sluice/object-store";
import { describe, expect, test } from "vitest";

const at = { bucket: "bucket", key: "k" };
const hello = new TextEncoder().encode("hello");
const md5OfHello = "XUFAKrxLKna5cZ2REBfFkg==";
const read = async (store: ObjectStore) => new Response((await store.get(at)).body).text();

async function holding(...faults: Fault[]) {
  const inner = new MemoryStore();
  await inner.put(at, hello);
  return { inner, store: faulty(inner, faults) };
}

describe("faulty", () => {
  test("forwards everything when it has no faults, and records the calls", async () => {
    const { store } = await holding();
    await store.put(at, hello, { metadata: { a: "b" } });
    expect(await read(store)).toBe("hello");
    const upload = await store.createMultipart(at);
    const part = await store.putPart(upload, 1, hello);
    expect((await store.listParts(upload)).parts).toMatchObject([part]);
    await store.copyPart(upload, 2, at);
    await store.completeMultipart(upload, [part]);
    await store.copy(at, { ...at, key: "l" });
    await expect(store.abortMultipart(upload)).rejects.toMatchObject({ code: "NoSuchUpload" });
    expect((await store.listMultiparts("bucket")).uploads).toEqual([]);
    expect((await store.list("bucket")).objects).toHaveLength(2);
    await store.delete(at);
    await store.deleteMany("bucket", ["l"]);
    await expect(store.head(at)).rejects.toMatchObject({ code: "NoSuchKey" });
    expect(await store.buckets?.list()).toHaveLength(1);
    expect(store.limits).toBe(store.limits);
    expect(store.calls.map(({ method }) => method)).toEqual([
      "put",
      "get",
      "createMultipart",
      "putPart",
      "listParts",
      "copyPart",
      "completeMultipart",
      "copy",
      "abortMultipart",
      "listMultiparts",
      "list",
      "delete",
      "deleteMany",
      "head",
    ]);
    expect(store.calls[0]!.args).toEqual([at, hello, { metadata: { a: "b" } }]);
  });

  test("failOnce fails the first call only, before anything is done", async () => {
    const { store, inner } = await holding(failOnce("delete"));
    await expect(store.delete(at)).rejects.toMatchObject({ code: "NetworkError", retryable: true });
    await inner.head(at);
    await store.delete(at);
    await expect(inner.head(at)).rejects.toMatchObject({ code: "NoSuchKey" });
  });

  test("loseAnswer does what was asked, and fails all the same", async () => {
    const { store, inner } = await holding(loseAnswer("delete"));
    await expect(store.delete(at)).rejects.toMatchObject({ code: "NetworkError", retryable: true });
    await expect(inner.head(at)).rejects.toMatchObject({ code: "NoSuchKey" });
  });

  test("slowDown throttles as often as told", async () => {
    const { store } = await holding(slowDown(["head", "get"], { times: 2, retryAfter: 7 }));
    await expect(store.head(at)).rejects.toMatchObject({ code: "SlowDown", status: 503, retryAfter: 7 });
    await expect(store.get(at)).rejects.toMatchObject({ code: "SlowDown", retryable: true });
    await store.head(at);
  });

  test("hang waits for the abort", async () => {
    const { store } = await holding(hang("head", ({ nth }) => nth === 2));
    await store.head(at);
    const stop = new AbortController();
    const hanging = store.head(at, { signal: stop.signal });
    stop.abort("enough");
    await expect(hanging).rejects.toBe("enough");
  });

  test("slow begins the call when its promise settles", async () => {
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const { store, inner } = await holding(slow("delete", () => gate));
    const deleting = store.delete(at);
    await inner.head(at);
    go();
    await deleting;
    await expect(inner.head(at)).rejects.toMatchObject({ code: "NoSuchKey" });
  });

  test("truncate cuts the body, with an error or as a clean end", async () => {
    const { store } = await holding(truncate(2), truncate(3, { ending: "end", when: 2 }));
    const reader = (await store.get(at)).body.getReader();
    expect((await reader.read()).value).toEqual(hello.slice(0, 2));
    await expect(reader.read()).rejects.toMatchObject({ code: "NetworkError" });
    expect(await read(store)).toBe("hel");
    expect(await read(store)).toBe("hello");
  });

  test("flipBit spoils what comes out, and what goes in", async () => {
    const { store } = await holding(flipBit("get", 1), flipBit("put", 4));
    expect(await read(store)).toBe("hdllo");
    await expect(store.put(at, [hello], { contentMd5: md5OfHello })).rejects.toMatchObject({
      code: "BadDigest",
    });
    await store.put(at, hello, { contentMd5: md5OfHello });
    expect(new TextDecoder().decode(hello)).toBe("hello");
  });

  test("flipBit reaches into streams", async () => {
    const { store } = await holding(flipBit("put", 4));
    const body = { stream: new Blob([hello]).stream(), length: 5 };
    await store.put(at, body);
    expect(await read(store)).toBe("helln");
  });

  test("remembers the last 1,000 calls and no more", async () => {
    const { store } = await holding();
    for (let i = 0; i < 1_001; i++) await store.head(at);
    expect(store.calls).toHaveLength(1_000);
    expect(store.calls.at(-1)!.nth).toBe(1_001);
  });
});
