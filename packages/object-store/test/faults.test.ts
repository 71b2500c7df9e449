import {
  expireCredentials,
  type Fault,
  failAfterOk,
  faulty,
  fillDisk,
  flipBit,
  garble,
  lag,
  landLate,
  latency,
  MemoryStore,
  type ObjectStore,
  resetAfter,
  type StoreCall,
  slow,
  throttle,
  truncate,
} from "@sluice/object-store";
import { describe, expect, test } from "vitest";

const at = { bucket: "bucket", key: "k" };
const hello = new TextEncoder().encode("hello");
const read = async (store: ObjectStore) => new Response((await store.get(at)).body).text();

async function holding(...faults: Fault[]) {
  const inner = new MemoryStore({ limits: { minPartSize: 4 } });
  await inner.put(at, hello);
  return { inner, store: faulty(inner, faults) };
}

/** Five bytes in chunks of one, and how it ended. */
function counted() {
  const state = { given: 0, cancelledWith: undefined as unknown };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (state.given === hello.length) controller.close();
        else controller.enqueue(hello.slice(state.given, ++state.given));
      },
      cancel(reason) {
        state.cancelledWith = reason;
      },
    },
    { highWaterMark: 0 },
  );
  return { state, body: { stream, length: hello.length } };
}

const codes = (requests: readonly Promise<unknown>[]) =>
  Promise.all(
    requests.map((request) =>
      request.then(
        () => "done",
        (error: { code: string }) => error.code,
      ),
    ),
  );

describe("faults of requests", () => {
  test("latency asks the caller's clock, and an abort ends the wait", async () => {
    const asked: number[] = [];
    let wake: () => void = () => undefined;
    const sleep = (milliseconds: number) => {
      asked.push(milliseconds);
      return new Promise<void>((resolve) => {
        wake = resolve;
      });
    };
    const { store, inner } = await holding(latency("delete", ({ nth }) => 10 * nth, sleep));
    const stop = new AbortController();
    const aborted = store.delete(at, { signal: stop.signal });
    stop.abort("enough");
    await expect(aborted).rejects.toBe("enough");
    const deleting = store.delete(at);
    await inner.head(at);
    wake();
    await deleting;
    expect(asked).toEqual([10, 20]);
    await expect(inner.head(at)).rejects.toMatchObject({ code: "NoSuchKey" });
  });

  test("slow is told of the call, and its own failure surfaces", async () => {
    const seen: StoreCall[] = [];
    const broken = new Error("the clock is broken");
    const until = async (call: StoreCall) => {
      seen.push(call);
      throw broken;
    };
    const { store } = await holding(slow("head", until, 2));
    await store.head(at);
    await expect(store.head(at)).rejects.toBe(broken);
    expect(seen).toMatchObject([{ method: "head", nth: 2 }]);
  });

  test("throttle refuses the last calls of every few, and tells how long to wait", async () => {
    const { store } = await holding(throttle("head", { every: 4, burst: 2, retryAfter: 5 }));
    const outcomes = [];
    for (let i = 0; i < 8; i++) outcomes.push(...(await codes([store.head(at)])));
    expect(outcomes).toEqual([
      "done",
      "done",
      "SlowDown",
      "SlowDown",
      "done",
      "done",
      "SlowDown",
      "SlowDown",
    ]);
    await store.get(at);
    await Promise.all([store.head(at), store.head(at)]);
    await expect(store.head(at)).rejects.toMatchObject({ status: 503, retryable: true, retryAfter: 5 });
  });

  test("credentials that expire midway refuse every method until they are renewed", async () => {
    let renewed = false;
    const { store, inner } = await holding(expireCredentials(2, () => renewed));
    await store.head(at);
    await store.list("bucket");
    await expect(store.delete(at)).rejects.toMatchObject({
      code: "ExpiredToken",
      status: 400,
      retryable: true,
    });
    await expect(store.get(at)).rejects.toMatchObject({ code: "ExpiredToken" });
    await inner.head(at);
    renewed = true;
    await store.head(at);
  });
});

describe("faults of answers", () => {
  test("garble answers with a page that only the status can be told of, and nothing is done", async () => {
    const { store, inner } = await holding(garble("delete"));
    await expect(store.delete(at)).rejects.toMatchObject({
      code: "UnknownError",
      status: 502,
      retryable: true,
    });
    await inner.head(at);
    await store.delete(at);
  });

  test("garble with a status of 200 does what was asked", async () => {
    const { store, inner } = await holding(garble("delete", { status: 200 }));
    await expect(store.delete(at)).rejects.toMatchObject({ status: 200, retryable: false });
    await expect(inner.head(at)).rejects.toMatchObject({ code: "NoSuchKey" });
  });

  test("failAfterOk fails with a status of 200, and publishes nothing", async () => {
    const { store } = await holding(failAfterOk("completeMultipart"));
    const upload = await store.createMultipart(at);
    const part = await store.putPart(upload, 1, new Uint8Array(3));
    await expect(store.completeMultipart(upload, [part])).rejects.toMatchObject({
      code: "InternalError",
      status: 200,
      retryable: true,
    });
    expect(await read(store)).toBe("hello");
    await store.completeMultipart(upload, [part]);
    expect(await read(store)).toBe("\0\0\0");
  });

  test("a listing that lags lacks the last writes that it would show, and no others", async () => {
    const { store } = await holding(
      lag("list"),
      lag("listParts", { writes: 2 }),
      lag("listMultiparts", { when: 1 }),
    );
    const keys = async () => (await store.list("bucket")).objects.map(({ key }) => key);
    expect(await keys()).toEqual(["k"]);
    await store.copy(at, { ...at, key: "l" });
    await store.put({ ...at, key: "m" }, hello);
    expect(await keys()).toEqual(["k", "l"]);
    const upload = await store.createMultipart(at);
    const listed = async () => (await store.listParts(upload)).parts.map(({ partNumber }) => partNumber);
    for (const number of [1, 2, 3]) await store.putPart(upload, number, hello);
    expect(await listed()).toEqual([1]);
    expect(await keys()).toEqual(["k", "l"]);
    const open = async () => (await store.listMultiparts("bucket")).uploads.length;
    expect([await open(), await open()]).toEqual([0, 1]);
    await store.delete({ ...at, key: "k" });
    expect(await keys()).toEqual(["l"]);
  });
});

describe("faults of bodies", () => {
  test("resetAfter takes so many bytes of a stream, and tells it to stop with the error", async () => {
    const { store } = await holding(resetAfter(2));
    const { state, body } = counted();
    const error = await store.put(at, body).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: "NetworkError", retryable: true });
    expect(state).toEqual({ given: 2, cancelledWith: error });
    expect(await read(store)).toBe("hello");
    await store.put(at, counted().body);
  });

  test("resetAfter strikes bytes in memory and short streams as well, and nothing is done", async () => {
    const { store, inner } = await holding(resetAfter(9, "putPart", ({ nth }) => nth < 3));
    const upload = await store.createMultipart(at);
    const { state, body } = counted();
    expect(await codes([store.putPart(upload, 1, hello), store.putPart(upload, 1, body)])).toEqual([
      "NetworkError",
      "NetworkError",
    ]);
    expect(state).toEqual({ given: 5, cancelledWith: undefined });
    expect((await inner.listParts(upload)).parts).toEqual([]);
  });

  test.each([resetAfter(9), landLate()])(
    "an abort ends the wait for a body that stalls: %o",
    async (fault) => {
      const { store } = await holding(fault);
      const upload = await store.createMultipart(at);
      const stop = new AbortController();
      let stalled: () => void = () => undefined;
      const waits = new Promise<void>((resolve) => {
        stalled = resolve;
      });
      const cancelled: unknown[] = [];
      const stream = new ReadableStream<Uint8Array>({
        pull() {
          stalled();
          return new Promise(() => undefined);
        },
        cancel: (reason) => void cancelled.push(reason),
      });
      const sending = store.putPart(upload, 1, { stream, length: 9 }, { signal: stop.signal });
      await waits;
      stop.abort("enough");
      await expect(sending).rejects.toBe("enough");
      expect(cancelled).toEqual(["enough"]);
    },
  );

  test("a full disk refuses what would exceed it, in whichever form, and keeps nothing of it", async () => {
    const { store } = await holding(fillDisk(12));
    await store.put(at, counted().body);
    await store.put(at, [hello]);
    await expect(store.put(at, new Uint8Array(3))).rejects.toMatchObject({
      code: "InternalError",
      retryable: false,
      cause: { code: "ENOSPC" },
    });
    expect(await read(store)).toBe("hello");
    await store.put(at, new Uint8Array(2));
  });

  test("a part that lands late survives the first abort of its upload", async () => {
    const { store, inner } = await holding(landLate());
    const [upload, other] = [await store.createMultipart(at), await store.createMultipart(at)];
    const stop = new AbortController();
    const bytes = hello.slice();
    const sending = store.putPart(upload, 1, bytes, { signal: stop.signal });
    await store.putPart(upload, 2, hello);
    stop.abort("enough");
    await expect(sending).rejects.toBe("enough");
    bytes.fill(0);
    await store.abortMultipart(other);
    await store.abortMultipart(upload);
    const { parts } = await inner.listParts(upload);
    expect(parts.map(({ partNumber, size }) => [partNumber, size])).toEqual([
      [1, 5],
      [2, 5],
    ]);
    expect(parts[0]!.etag).toBe(parts[1]!.etag);
    await store.abortMultipart(upload);
    await expect(inner.listParts(upload)).rejects.toMatchObject({ code: "NoSuchUpload" });
  });
});

describe("faults that make no sense are refused at the door", () => {
  const make = (fault: unknown) => () => faulty(new MemoryStore(), [fault as Fault]);
  const refused: [string, () => unknown][] = [
    ["a method that there is not", make({ on: "putParts", do: "hang" })],
    ["a member that is no method", make({ on: "limits", do: "hang" })],
    ["no method", make({ on: [], do: "hang" })],
    ["what nobody does", make({ on: "put", do: "explode" })],
    ["a call before the first", make({ on: "put", when: 0, do: "hang" })],
    ["a call between two", make({ on: "put", when: 1.5, do: "hang" })],
    ["a bit before the body", make(flipBit("put", -1))],
    ["a body cut before its begin", make(truncate(-1))],
    ["a reset before the body", make(resetAfter(Number.NaN))],
    ["a disk of less than nothing", make(fillDisk(-1))],
    ["a listing that does not lag", make(lag("list", { writes: 0 }))],
    ["a listing of what is no list", make({ on: "get", do: "lag", writes: 1 })],
    ["a reset of every method", make({ on: "*", do: "reset", after: 1 })],
    ["a throttle of none", () => throttle("put", { every: 0 })],
    ["a burst that is too long", () => throttle("put", { every: 2, burst: 3 })],
    ["credentials that have expired before", () => expireCredentials(-1)],
  ];

  test.each(refused)("%s", (_, misuse) => {
    expect(misuse).toThrow(expect.objectContaining({ code: "ERR_INVALID_VALUE" }));
  });

  test("each method of a store can be struck, and so can all", async () => {
    const { store } = await holding({ on: "*", when: 2, do: "fail", error: () => new Error("the second") });
    await store.head(at);
    await expect(store.list("bucket")).rejects.toThrow("the second");
    await store.get(at);
  });
});
