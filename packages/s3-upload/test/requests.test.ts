import {
  failOnce,
  loseAnswer,
  type ObjectStore,
  RetryBudget,
  StoreError,
  slowDown,
} from "@sluice/object-store";
import { AdaptiveSemaphore } from "@sluice/read-slots";
import { type UploadEvent, upload } from "@sluice/s3-upload";
import { Semaphore } from "@sluice/semaphore";
import { describe, expect, test } from "vitest";
import { overriding } from "./overriding.js";
import { bytesOf, TARGET, world } from "./worlds.js";

const AT_ONCE = { baseDelay: 0, maxDelay: 0 };
const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => "published",
    (error: unknown) => error,
  );

/** A store that keeps what it cannot do to itself, and remembers who was asked for it. */
async function lenient() {
  const { store, ...rest } = await world();
  const seen: Record<string, Record<string, unknown>> = {};
  const methods = [
    "put",
    "createMultipart",
    "putPart",
    "listParts",
    "completeMultipart",
    "abortMultipart",
    "head",
  ];
  const noting = Object.fromEntries(
    methods.map((method) => [
      method,
      (...args: unknown[]) => {
        const options = (args.at(-1) ?? {}) as Record<string, unknown>;
        const { encryption, customerKey, acl, ...others } = options;
        seen[method] = Object.fromEntries(
          Object.entries(options).filter(([name, value]) => WATCHED.includes(name) && value !== undefined),
        );
        const call = store[method as "put"] as (...all: unknown[]) => Promise<unknown>;
        return call.apply(store, [...args.slice(0, -1), others]);
      },
    ]),
  );
  return { store: overriding(store, noting as Partial<ObjectStore>), seen, ...rest };
}
const storage = {
  tags: { team: "red" },
  acl: "private",
  storageClass: "STANDARD_IA",
  encryption: { type: "aws:kms" as const, keyId: "k" },
  expires: new Date(1e12),
};
const customerKey = new Uint8Array(32);
const expectedBucketOwner = "123456789012";
const WATCHED = [...Object.keys(storage), "customerKey", "expectedBucketOwner", "ifNoneMatch"];

describe("what surrounds an object", () => {
  test("goes to the requests that S3 takes it with, and to no others", async () => {
    const options = { ...storage, customerKey, expectedBucketOwner, partSize: 8, ifNoneMatch: "*" as const };
    const access = { customerKey, expectedBucketOwner };
    const { store, seen } = await lenient();
    const { etag } = await upload(store, TARGET, bytesOf(20), options);
    expect(seen).toEqual({
      createMultipart: { ...storage, ...access },
      putPart: access,
      completeMultipart: { ...access, ifNoneMatch: "*" },
    });
    await upload(store, { ...TARGET, key: "small" }, bytesOf(5), options);
    expect(seen.put).toEqual({ ...storage, ...access, ifNoneMatch: "*" });

    // Cleared up after a failure.
    await failureOf(upload(store, TARGET, bytesOf(20), { ...options, retry: AT_ONCE }));
    expect(seen.abortMultipart).toEqual({ expectedBucketOwner });
    expect(seen.listParts).toEqual(access);

    // Looked for when an answer is lost.
    let lost = false;
    const losing = overriding(store, {
      completeMultipart: async (...args) => {
        const result = await store.completeMultipart(...args);
        if (lost) return result;
        lost = true;
        throw new StoreError("NetworkError", "cut");
      },
    });
    await upload(losing, TARGET, bytesOf(20), { ...options, ifNoneMatch: undefined, retry: AT_ONCE });
    expect(seen.head).toEqual(access);
    expect(etag).toMatch(/-3"$/);
  });
});

describe("retries", () => {
  test("of many uploads are paid from one budget; when it is spent, the next failure surfaces at once", async () => {
    const budget = new RetryBudget({ tokens: 15 });
    const broken = () => new StoreError("InternalError", "we are sorry", { status: 500 });
    const retry = { ...AT_ONCE, budget };
    let tries = 0;
    const { store, leftovers } = await world();
    const dead = overriding(store, {
      putPart: () => {
        tries++;
        return Promise.reject(broken());
      },
    });
    for (let i = 0; i < 3; i++) {
      const key = `key${i}`;
      const failed = failureOf(
        upload(dead, { ...TARGET, key }, bytesOf(20), { partSize: 8, slots: 1, retry }),
      );
      expect(await failed).toMatchObject({ code: "InternalError" });
    }
    // The first has its three retries, the others none.
    expect(tries).toBe(6);
    // Clearing up is paid for by nobody: what is left behind costs money.
    expect(await leftovers()).toBe(0);
  });

  test("are told of one by one, with the request, the part, the delay and the code", async () => {
    const busy = new StoreError("SlowDown", "later", { status: 503 });
    const { store } = await world([
      failOnce("createMultipart", busy),
      failOnce("putPart", busy),
      loseAnswer("completeMultipart"),
    ]);
    const events: UploadEvent[] = [];
    const heard: number[] = [];
    await upload(store, TARGET, bytesOf(20), {
      partSize: 8,
      slots: 1,
      retry: { ...AT_ONCE, onRetry: ({ attempt }) => heard.push(attempt) },
      onEvent: (event) => events.push(event),
    });
    expect(events.map((event) => ({ ...event, error: undefined, uploadId: undefined }))).toMatchObject([
      {
        type: "retry",
        request: "createMultipart",
        partNumber: undefined,
        attempt: 1,
        delay: 0,
        code: "SlowDown",
      },
      { type: "begun" },
      { type: "retry", request: "putPart", partNumber: 1, attempt: 1, code: "SlowDown" },
      { type: "part", partNumber: 1, size: 8, sent: true },
      { type: "part", partNumber: 2, size: 8, sent: true },
      { type: "part", partNumber: 3, size: 4, sent: true },
      { type: "completing", parts: 3 },
      { type: "retry", request: "completeMultipart", attempt: 1, code: "NetworkError" },
      { type: "published", size: 20 },
    ]);
    expect(events.find(({ type }) => type === "retry")).toHaveProperty("error", busy);
    expect(heard).toEqual([1, 1, 1]);
  });

  test("a listener that throws fails the upload with its error, whatever it was told", async () => {
    for (const type of ["begun", "part", "retry", "completing"]) {
      const busy = new StoreError("SlowDown", "later", { status: 503 });
      const { store, leftovers, object } = await world([failOnce("putPart", busy)]);
      const error = new Error(`at ${type}`);
      const onEvent = (event: UploadEvent) => {
        if (event.type === type) throw error;
      };
      expect(
        await failureOf(upload(store, TARGET, bytesOf(20), { partSize: 8, retry: AT_ONCE, onEvent })),
      ).toBe(error);
      expect([await leftovers(), await object()]).toEqual([0, undefined]);
    }
  });

  test("a failed upload tells that it has cleared up", async () => {
    const denied = new StoreError("AccessDenied", "no", { status: 403 });
    for (const leavePartsOnError of [false, true]) {
      const { store } = await world([failOnce("putPart", denied)]);
      const events: UploadEvent[] = [];
      const options = { partSize: 8, leavePartsOnError, onEvent: (event: UploadEvent) => events.push(event) };
      await failureOf(upload(store, TARGET, bytesOf(20), options));
      expect(events.at(-1)).toMatchObject({ type: "abandoned", kept: leavePartsOnError });
    }
  });
});

describe("slots", () => {
  test("may be a semaphore that uploads share: no more parts are in progress than it has", async () => {
    const { store } = await world();
    const slots = new Semaphore(3);
    let sending = 0;
    let most = 0;
    const watched = overriding(store, {
      putPart: async (...args) => {
        most = Math.max(most, ++sending);
        return store.putPart(...args).finally(() => sending--);
      },
    });
    const keys = ["a", "b", "c", "d"];
    const sizes = keys.map((key) => upload(watched, { ...TARGET, key }, bytesOf(40), { partSize: 4, slots }));
    expect((await Promise.all(sizes)).map(({ size }) => size)).toEqual([40, 40, 40, 40]);
    expect(most).toBeLessThanOrEqual(3);
    expect(slots.held).toBe(0);
  });

  test("that adapt hear of each try once: a SlowDown cuts, and a try that works raises", async () => {
    const slots = new AdaptiveSemaphore({ max: 64, start: 8 });
    const { store } = await world([slowDown("putPart", { times: 1 })]);
    await upload(store, TARGET, bytesOf(8), { partSize: 4, slots, retry: AT_ONCE });
    expect(slots.snapshot()).toMatchObject({ cuts: 1, capacity: 5, held: 0 });

    let observed = 0;
    const counting = new (class extends AdaptiveSemaphore {
      override observe<R>(task: () => R | PromiseLike<R>): Promise<R> {
        observed++;
        return super.observe(task);
      }
    })({ max: 64, start: 1 });
    const other = await world([slowDown("putPart", { times: 2 })]);
    await upload(other.store, TARGET, bytesOf(40), { partSize: 4, slots: counting, retry: AT_ONCE });
    expect(observed).toBe(other.store.calls.length);
    expect(counting.snapshot().raises).toBeGreaterThan(0);
  });

  test("that are no slots are refused", async () => {
    const { store } = await world();
    for (const slots of [0, 1.5, Number.NaN, {} as Semaphore, "4" as never]) {
      expect(await failureOf(upload(store, TARGET, bytesOf(5), { slots }))).toMatchObject({
        code: "ERR_INVALID_VALUE",
      });
    }
  });
});

describe("progress", () => {
  const MiB = 2 ** 20;
  const large = { minPartSize: 4, maxPartSize: 64 * MiB, maxPutSize: 64 * MiB };

  /** A transport that tells how far it is, in slices, and fails the first try of each part half-way. */
  async function telling(failures: number) {
    const { store } = await world([], large);
    let left = failures;
    return overriding(store, {
      putPart: async (at, number, body, options) => {
        const { length } = body as Uint8Array;
        const failing = left-- > 0;
        for (let sent = 0; sent < length; sent += MiB / 4) {
          if (failing && sent > length / 2) throw new StoreError("NetworkError", "cut");
          options?.onSent?.(Math.min(MiB / 4, length - sent));
        }
        return store.putPart(at, number, body, options);
      },
    });
  }

  test("tells the bytes that were sent, each once, and the last value is the size", async () => {
    for (const failures of [0, 3]) {
      const store = await telling(failures);
      const seen: { sent: number; loaded: number; phase: string }[] = [];
      const size = 9 * MiB + 5;
      await upload(store, TARGET, new Uint8Array(size), {
        partSize: 4 * MiB,
        retry: AT_ONCE,
        onProgress: ({ sent, loaded, phase }) => seen.push({ sent, loaded, phase }),
      });
      const sent = seen.map((progress) => progress.sent);
      expect(sent).toEqual([...sent].sort((a, b) => a - b));
      expect(seen.every((progress) => progress.sent >= progress.loaded)).toBe(true);
      expect(seen.at(-1)).toEqual({ sent: size, loaded: size, phase: "done" });
      // Each MiB, not only each part.
      expect(new Set(sent).size).toBeGreaterThan(6);
      expect(seen.length).toBeLessThan(30);
    }
  });

  test("a listener that throws in the middle of a part fails the upload when the part has its answer", async () => {
    const store = await telling(0);
    const error = new Error("of the listener");
    const onProgress = ({ loaded }: { loaded: number }) => {
      if (loaded === 0) throw error;
    };
    expect(
      await failureOf(upload(store, TARGET, new Uint8Array(9 * MiB), { partSize: 4 * MiB, onProgress })),
    ).toBe(error);
  });
});
