import { MemoryStore, type ObjectStore, S3_LIMITS } from "@sluice/object-store";
import { createGateway, type GatewayEvent, type GatewayOptions, type Origin } from "@sluice/s3-gateway";
import { MemoryBudget } from "@sluice/semaphore";
import { beforeEach, describe, expect, it, vi } from "vitest";

// What requests hold, who is let in, and who is given up: without a socket.

const KiB = 1_024;
const MiB = 2 ** 20;
let store: MemoryStore;
let budget: MemoryBudget;
let events: GatewayEvent[];

beforeEach(async () => {
  store = new MemoryStore();
  await store.buckets.create("box");
  await store.put({ bucket: "box", key: "small" }, new Uint8Array(100));
  await store.put({ bucket: "box", key: "large" }, new Uint8Array(8 * MiB));
  budget = new MemoryBudget("64MiB");
  events = [];
});

const make = (options: Partial<GatewayOptions> = {}) =>
  createGateway({
    store,
    budget,
    authenticate: "anonymous",
    onEvent: (event) => void events.push(event),
    ...options,
  });

type Asking = RequestInit & { readonly origin?: Origin };

const request = (method: string, path: string, { origin: _, ...init }: Asking = {}) =>
  new Request(`http://localhost${path}`, { method, ...init });

const ask = (gateway: ReturnType<typeof make>, method: string, path: string, init: Asking = {}) =>
  gateway.fetch(request(method, path, init), init.origin);

const withStore = (methods: Partial<ObjectStore>): ObjectStore =>
  Object.assign(Object.create(store) as MemoryStore, methods);

async function frozen(test: () => Promise<void>): Promise<void> {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  try {
    await test();
    expect(budget.held).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
}

describe("a request reserves what it can hold", () => {
  const put = (length: number): RequestInit => ({
    body: new Uint8Array(length),
    headers: { "content-length": `${length}` },
  });
  const text = `<CompleteMultipartUpload>${" ".repeat(10_000 - 51)}</CompleteMultipartUpload>`;
  const complete = { body: text, headers: { "content-length": `${text.length}` } };

  it.each<[string, string, string, RequestInit, number]>([
    ["nothing that counts", "HEAD", "/box/large", {}, 0],
    ["nothing that counts", "DELETE", "/box/none", {}, 0],
    ["nothing but itself", "GET", "/box?location", {}, 64 * KiB],
    ["nothing but itself", "PUT", "/box/copy", { headers: { "x-amz-copy-source": "/box/large" } }, 64 * KiB],
    ["a stream", "GET", "/box/large", {}, 5 * MiB],
    ["a range", "GET", "/box/large", { headers: { range: "bytes=100-1123" } }, 65 * KiB],
    ["a little body", "PUT", "/box/k", put(KiB), 65 * KiB],
    ["a stream", "PUT", "/box/k", put(6 * MiB), 5 * MiB],
    ["no body", "POST", "/box/k?uploads", {}, 64 * KiB],
    ["a document and its copies", "POST", "/box/k?uploadId=x", complete, 64 * KiB + 100_000],
    ["a page", "GET", "/box?list-type=2", {}, 64 * KiB + 1_000 * 10 * KiB],
    ["a short page", "GET", "/box?list-type=2&max-keys=10", {}, 64 * KiB + 10 * 10 * KiB],
    ["a short page", "GET", "/box?uploads&max-uploads=1", {}, 64 * KiB + 10 * KiB],
    ["a page without keys", "GET", "/", {}, 64 * KiB + 1_000 * 2 * KiB],
  ])("%s: %s %s", async (_, method, path, init, reserved) => {
    const response = await ask(make(), method, path, init);
    await response.text();
    expect(events).toMatchObject([{ reserved }]);
    expect(budget.held).toBe(0);
  });

  it("together with what the store holds by itself, in one step", async () => {
    const limits = { ...S3_LIMITS, holds: { get: 8 * MiB, put: 3 * MiB } };
    const sealed = withStore({
      get: (...args) => store.get(...args),
      put: (...args) => store.put(...args),
    });
    Object.defineProperty(sealed, "limits", { value: limits });
    const gateway = make({ store: sealed });
    const { body } = await ask(gateway, "GET", "/box/small");
    expect(budget.held).toBe(8 * MiB + 64 * KiB + 100);
    await body!.cancel();
    await ask(gateway, "PUT", "/box/k", put(KiB));
    expect(events).toMatchObject([{ reserved: 13 * MiB }, { reserved: 3 * MiB + 65 * KiB }]);
    const routed = make({ store: () => ({ store: sealed, bucket: "box" }) });
    await (await ask(routed, "GET", "/box/small")).text();
    expect(events[2]).toMatchObject({ reserved: 13 * MiB });
    expect(() => make({ store: sealed, budget: new MemoryBudget("8MiB") })).toThrow(/12582912/);
  });

  it("and gives back at once what its answer does not need", async () => {
    const gateway = make();
    const small = await ask(gateway, "GET", "/box/small");
    expect(budget.held).toBe(64 * KiB + 100);
    const listing = await ask(gateway, "GET", "/box?list-type=2");
    expect(budget.held).toBeLessThan(130 * KiB);
    await Promise.all([small.text(), listing.text()]);
    expect(budget.held).toBe(0);
  });

  it("and a listing that the budget is too small for has all of it", async () => {
    budget = new MemoryBudget("2MiB");
    expect((await ask(make(), "GET", "/box?list-type=2")).status).toBe(200);
    expect(events).toMatchObject([]);
    expect(budget.snapshot().peakHeld).toBe(2 * MiB);
  });
});

describe("who is sent away", () => {
  it("is told when to come again, in seconds and milliseconds, and not all of them at once", async () => {
    const all = budget.tryAcquire(64 * MiB)!;
    const gateway = make({ maxWaiting: 0 });
    const told = new Set<number>();
    for (let n = 0; n < 20; n++) {
      const { status, headers } = await ask(gateway, "GET", "/box/small");
      const ms = Number(headers.get("x-amz-retry-after"));
      expect([status, headers.get("retry-after")]).toEqual([503, String(Math.ceil(ms / 1_000))]);
      expect(ms).toBeGreaterThanOrEqual(500);
      expect(ms).toBeLessThanOrEqual(30_000);
      told.add(ms);
    }
    expect(told.size).toBeGreaterThan(10);
    expect(events[0]).toMatchObject({ status: 503, code: "SlowDown", shed: "line-full", reserved: 0 });
    all.release();
  });

  it("comes again later when the line has not moved for long", () =>
    frozen(async () => {
      vi.spyOn(Math, "random").mockReturnValue(1);
      const all = budget.tryAcquire(64 * MiB)!;
      const gateway = make({ waitTimeout: 20_000 });
      const waiting = ask(gateway, "GET", "/box/small");
      await vi.advanceTimersByTimeAsync(20_001);
      const { headers } = await waiting;
      expect(headers.get("retry-after")).toBe("21");
      expect(events).toMatchObject([{ shed: "wait-timeout", code: "SlowDown" }]);
      expect(events[0]!.waitMs).toBeGreaterThan(19_000);
      all.release();
      vi.restoreAllMocks();
    }));

  it("because the server closes is told so, whether it waits already or comes then", async () => {
    const all = budget.tryAcquire(64 * MiB)!;
    const closing = new AbortController();
    const gateway = make();
    const origin = { closing: closing.signal };
    const waiting = ask(gateway, "GET", "/box/small", { origin });
    await vi.waitFor(() => expect(gateway.snapshot().waiting).toBe(1));
    closing.abort();
    const late = await ask(gateway, "GET", "/box/small", { origin });
    for (const { status, headers } of [await waiting, late]) {
      expect([status, headers.has("retry-after")]).toEqual([503, true]);
    }
    expect(events).toMatchObject([
      { shed: "closing", code: "ServiceUnavailable" },
      { shed: "closing", code: "ServiceUnavailable" },
    ]);
    all.release();
    expect((await ask(gateway, "HEAD", "/box/small", { origin })).status).toBe(200);
    expect(gateway.snapshot()).toMatchObject({ waiting: 0, identities: 0, shed: { closing: 2 } });
  });
});

describe("those who share a gateway", () => {
  it("are let in by turns, each as one, by address where nobody is asked for a key", async () => {
    budget = new MemoryBudget("2MiB");
    const gateway = make();
    const order: string[] = [];
    const open: ReadableStream[] = [];
    const come = async (peer: string): Promise<void> => {
      const { body } = await ask(gateway, "GET", "/box/large", { origin: { peer } });
      order.push(peer);
      open.push(body!);
    };
    const all = ["a", "a", "a", "a", "a", "b", "c"].map(come);
    await vi.waitFor(() => expect(gateway.snapshot().waiting).toBe(5));
    for (let n = 0; n < all.length; n++) {
      await vi.waitFor(() => expect(open.length).toBeGreaterThan(n));
      await open[n]!.cancel();
    }
    await Promise.all(all);
    expect(order.join("")).toBe("aaabcaa");
    expect(gateway.snapshot()).toMatchObject({ waiting: 0, identities: 0 });
  });

  it("are whoever the program says", async () => {
    const identify = vi.fn(() => "the same");
    const gateway = make({ fairness: { identify } });
    for (const peer of ["a", "b"])
      await (await ask(gateway, "GET", "/box/large", { origin: { peer } })).body!.getReader();
    expect(identify).toHaveBeenCalledWith({ accessKeyId: undefined }, "b");
    expect(gateway.snapshot().identities).toBe(1);
  });

  it("leave room for one another, if they are told to", async () => {
    const gateway = make({ fairness: { maxShare: 0.5 } });
    const bodies: Promise<Response>[] = [];
    for (let n = 0; n < 10; n++) bodies.push(ask(gateway, "GET", "/box/large", { origin: { peer: "a" } }));
    await vi.waitFor(() => expect(gateway.snapshot()).toMatchObject({ waiting: 4 }));
    expect((await ask(gateway, "GET", "/box/large", { origin: { peer: "b" } })).status).toBe(200);
    expect(() => make({ fairness: { maxShare: 0 } })).toThrow(/maxShare/);
  });
});

describe("who is slow", () => {
  const limits = { idleTimeout: 10_000, minBytesPerSecond: 1_000, rateWindow: 10_000 };

  it("to take an answer, by little or by nothing, loses it, and the event tells", () =>
    frozen(async () => {
      const { body } = await ask(make({ limits }), "GET", "/box/large");
      const reader = body!.getReader();
      const first = (await reader.read()).value!.length;
      // As much as was taken, and not more than the window, may be slept over.
      await vi.advanceTimersByTimeAsync(9_000);
      expect(budget.held).toBeGreaterThan(0);
      await reader.read();
      await vi.advanceTimersByTimeAsync(10_000);
      await expect(reader.read()).rejects.toMatchObject({ code: "SlowReader" });
      expect(events).toMatchObject([{ status: 200, code: "SlowReader" }]);
      expect(events[0]!.bytes).toBe(2 * first);
    }));

  it("to take it all the time, a few bytes at a time, loses it as well", () =>
    frozen(async () => {
      const trickling = withStore({
        get: async (source) => ({ ...(await store.get(source)), body: trickle(100) }),
      });
      const { body } = await ask(make({ limits, store: trickling }), "GET", "/box/large");
      const reader = body!.getReader();
      let reads = 0;
      const reading = (async () => {
        for (;;) {
          await reader.read();
          reads++;
          // real time: none passes, the timers are fake
          await new Promise((resolve) => setTimeout(resolve, 1_000));
        }
      })();
      const lost = expect(reading).rejects.toMatchObject({ code: "SlowReader" });
      // 100 bytes a second in the place of 1,000: nine tenths of each second are not paid for.
      await vi.advanceTimersByTimeAsync(20_000);
      await lost;
      expect([reads > 8, reads < 14]).toEqual([true, true]);
    }));

  it("to send is told RequestTimeout, even if it never stops", () =>
    frozen(async () => {
      const body = trickle(100, 1_000);
      const headers = { "content-length": `${MiB}` };
      const put = ask(make({ limits }), "PUT", "/box/k", { body, headers, duplex: "half" } as RequestInit);
      await vi.advanceTimersByTimeAsync(20_000);
      expect((await put).status).toBe(400);
      expect(events).toMatchObject([{ operation: "PutObject", code: "RequestTimeout" }]);
      await expect(store.head({ bucket: "box", key: "k" })).rejects.toMatchObject({ code: "NoSuchKey" });
    }));

  it("as a store that takes nothing of an upload is given up, as nobody can see that the client has gone", () =>
    frozen(async () => {
      const stuck = withStore({
        put: async (_, body, options) => {
          const reader = (body as { stream: ReadableStream }).stream.getReader();
          await reader.read();
          return new Promise((_, reject) => {
            options!.signal!.addEventListener("abort", () => reject(options!.signal!.reason));
          });
        },
      });
      const headers = { "content-length": `${MiB}` };
      const put = ask(make({ store: stuck, limits: { storeTimeout: 5_000 } }), "PUT", "/box/k", {
        body: trickle(MiB / 4),
        headers,
        duplex: "half",
      } as RequestInit);
      await vi.advanceTimersByTimeAsync(5_001);
      expect((await put).status).toBe(503);
      expect(events).toMatchObject([{ code: "ServiceUnavailable", shed: undefined }]);
    }));

  it("as a store that delivers nothing is given up", () =>
    frozen(async () => {
      const stuck = withStore({
        get: async (source) => ({ ...(await store.get(source)), body: new ReadableStream() }),
      });
      const { body } = await ask(
        make({ store: stuck, limits: { storeTimeout: 5_000 } }),
        "GET",
        "/box/large",
      );
      const read = expect(body!.getReader().read()).rejects.toMatchObject({ code: "SlowStore" });
      await vi.advanceTimersByTimeAsync(5_001);
      await read;
      expect(events).toMatchObject([{ code: "SlowStore" }]);
    }));

  it("or fast, is cut off at the end of its lifetime", () =>
    frozen(async () => {
      const { body } = await ask(make({ limits: { lifetime: 5_000 } }), "GET", "/box/large");
      const reader = body!.getReader();
      await reader.read();
      await vi.advanceTimersByTimeAsync(5_001);
      await expect(reader.read()).rejects.toMatchObject({ code: "LifetimeOver" });
      expect(events).toMatchObject([{ code: "LifetimeOver" }]);
      await (await ask(make({ limits: { lifetime: 5_000 } }), "GET", "/box/small")).text();
      expect(events[1]).toMatchObject({ code: undefined });
    }));

  it.each([
    ["idleTimeout", 0],
    ["minBytesPerSecond", -1],
    ["rateWindow", Number.POSITIVE_INFINITY],
    ["storeTimeout", 2 ** 31],
    ["lifetime", Number.NaN],
  ])("limits.%s = %d is refused", (name, value) => {
    expect(() => make({ limits: { [name]: value } })).toThrow(`limits.${name}`);
  });
});

describe("counts", () => {
  it("are kept by operation and class of status, and name no bucket, key or identity", async () => {
    const gateway = make();
    await (await ask(gateway, "GET", "/box/small")).text();
    await (await ask(gateway, "GET", "/box/secret-key")).text();
    await ask(gateway, "PUT", "/box/k", { body: new Uint8Array(10), headers: { "content-length": "10" } });
    await (await ask(gateway, "PATCH", "/box/k")).text();
    const { body } = await ask(gateway, "GET", "/box/large", { origin: { peer: "10.0.0.1" } });
    expect(gateway.snapshot()).toMatchObject({
      inProgress: 1,
      identities: 1,
      bytesIn: 10,
      bytesOut: 100,
      requests: [
        { operation: "GetObject", status: "2xx", count: 1 },
        { operation: "GetObject", status: "4xx", count: 1 },
        { operation: "PutObject", status: "2xx", count: 1 },
        { operation: "Unknown", status: "4xx", count: 1 },
      ],
      durations: { count: 4 },
    });
    const text = gateway.metrics();
    expect(text).toContain('sluice_gateway_requests_total{operation="GetObject",status="2xx"} 1\n');
    expect(text).toContain("sluice_gateway_budget_bytes 67108864\n");
    expect(text).toContain(`sluice_gateway_budget_held_bytes ${5 * MiB}\n`);
    expect(text).toContain('sluice_gateway_request_seconds_bucket{le="+Inf"} 4\n');
    expect(text).not.toMatch(/box|small|secret|10\.0/);
    for (const line of text.trimEnd().split("\n")) {
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"]*",?)+\})? -?[\d.e+-]+)$/);
    }
    await body!.cancel();
    expect(gateway.snapshot()).toMatchObject({ inProgress: 0, cut: { Aborted: 1 } });
  });
});

/** Pieces without an end, each after so many milliseconds. */
function trickle(bytes: number, every = 0): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      async pull(controller) {
        // real time: none passes, the timers are fake
        if (every > 0) await new Promise((resolve) => setTimeout(resolve, every));
        try {
          controller.enqueue(new Uint8Array(bytes));
        } catch {
          // cancelled in the meantime
        }
      },
    },
    { highWaterMark: 0 },
  );
}
