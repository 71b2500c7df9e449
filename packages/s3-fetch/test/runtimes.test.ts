import { type Fetch, fetchStore } from "@sluice/s3-fetch";
import { afterEach, describe, expect, test, vi } from "vitest";
import { bytes, streamOf } from "./recorder.js";

const at = { bucket: "b", key: "k" };

afterEach(() => {
  vi.unstubAllGlobals();
});

function subject() {
  const sent: { body: RequestInit["body"]; length: string | null; bytes: Uint8Array }[] = [];
  const fetch: Fetch = async (_url, { body, headers }) => {
    const all = new Uint8Array(await new Response(body ?? null).arrayBuffer());
    sent.push({ body, length: new Headers(headers).get("content-length"), bytes: all });
    return new Response(null, { headers: { etag: '"e"', "content-length": "0" } });
  };
  const credentials = { accessKeyId: "A", secretAccessKey: "B" };
  return { store: fetchStore({ region: "us-east-1", credentials, fetch }), sent };
}

const whole = bytes(100_000);
const stream = () => ({
  stream: streamOf([whole.subarray(0, 70_000), whole.subarray(70_000)]),
  length: 100_000,
});

describe("a body over fetch", () => {
  test("is a stream with a Content-Length on Node, so that no whole part is copied", async () => {
    const { store, sent } = subject();
    await store.put(at, whole);
    await store.put(at, stream());
    for (const { body, length, bytes: got } of sent) {
      expect(body).toBeInstanceOf(ReadableStream);
      expect(length).toBe("100000");
      expect(got).toEqual(whole);
    }
  });

  test("is a stream of fixed length on Workers", async () => {
    const lengths: number[] = [];
    class FixedLengthStream extends TransformStream<Uint8Array, Uint8Array> {
      constructor(length: number) {
        super();
        lengths.push(length);
      }
    }
    vi.stubGlobal("FixedLengthStream", FixedLengthStream);
    const { store, sent } = subject();
    await store.put(at, whole);
    await store.put(at, stream());
    expect(lengths).toEqual([100_000]);
    expect(sent.map(({ length }) => length)).toEqual([null, null]);
    expect(sent.map(({ bytes: got }) => got)).toEqual([whole, whole]);
    const short = store.put(at, { stream: streamOf([bytes(5)]), length: 6 });
    await expect(short).rejects.toMatchObject({ code: "IncompleteBody", retryable: false });
  });

  test("is put together where a stream has no length, up to a limit", async () => {
    vi.stubGlobal("Deno", {});
    const { store, sent } = subject();
    await store.put(at, [whole.subarray(0, 10), whole.subarray(10)]);
    await store.put(at, stream());
    expect(sent.map(({ length, bytes: got }) => [length, got])).toEqual([
      [null, whole],
      [null, whole],
    ]);
    expect(sent.some(({ body }) => body instanceof ReadableStream)).toBe(false);
    const cancelled: unknown[] = [];
    const large = { stream: streamOf([whole], (why) => cancelled.push(why)), length: 8 * 2 ** 20 + 1 };
    await expect(store.put(at, large)).rejects.toMatchObject({ code: "NotImplemented", retryable: false });
    expect([sent.length, cancelled.length]).toEqual([2, 1]);
  });

  test("that is given to fetch as a whole is told as sent when the answer is there, and only a good one", async () => {
    vi.stubGlobal("Deno", {});
    const steps: number[] = [];
    const order: unknown[] = [];
    let status = 200;
    const fetch: Fetch = async () => {
      order.push([...steps]);
      return new Response(null, { status, headers: { etag: '"e"' } });
    };
    const credentials = { accessKeyId: "A", secretAccessKey: "B" };
    const store = fetchStore({ region: "us-east-1", credentials, fetch });
    const onSent = (sent: number) => void steps.push(sent);
    await store.put(at, whole, { onSent });
    await store.put(at, stream(), { onSent });
    expect([order, steps]).toEqual([
      [[], [100_000]],
      [100_000, 100_000],
    ]);
    status = 503;
    await expect(store.put(at, whole, { onSent })).rejects.toMatchObject({ code: "SlowDown" });
    expect(steps).toHaveLength(2);
  });

  test("has no type that nobody gave it", async () => {
    const types: (string | null)[] = [];
    const fetch: Fetch = async (url, init) => {
      types.push(new Request(url, { ...init, duplex: "half" } as RequestInit).headers.get("content-type"));
      return new Response(null, { headers: { etag: '"e"', "content-length": "0" } });
    };
    const credentials = { accessKeyId: "A", secretAccessKey: "B" };
    const store = fetchStore({ region: "us-east-1", credentials, fetch });
    vi.stubGlobal("Deno", {});
    for (const body of [new Uint8Array(), whole, [bytes(1), bytes(2)]]) await store.put(at, body);
    expect(types).toEqual([null, null, null]);
  });
});

test("a browser's cache neither answers nor changes what was signed, and no other runtime hears of it", async () => {
  const caches: unknown[] = [];
  const fetch: Fetch = async (_url, { cache }) => {
    caches.push(cache);
    return new Response("all", { headers: { etag: '"e"', "content-length": "3" } });
  };
  const store = fetchStore({
    region: "us-east-1",
    credentials: { accessKeyId: "A", secretAccessKey: "B" },
    fetch,
  });
  await store.get(at);
  vi.stubGlobal("Deno", {});
  await store.get(at);
  expect(caches).toEqual([undefined, "no-store"]);
});
