import { randomBytes, randomUUID } from "node:crypto";
import { type Checksum, createDigest, type ObjectInfo, type ObjectStore } from "@sluice/object-store";
import { download } from "@sluice/s3-download";
import { MemoryBudget } from "@sluice/semaphore";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CONNECT, type Connected, needed, through } from "./connected.js";
import type { Cut } from "./cutting-proxy.js";

const KiB = 1024;
// Swift takes several times as long for a request as the others.
const onSwift = process.env.SLUICE_S3_SERVER === "swift";
const RUNS = onSwift ? 20 : 100;
// Milliseconds: Swift takes its time to answer when it is asked for much at once.
const IDLE = onSwift ? 1_500 : 600;
const bucket = `sluice-${randomUUID()}`;
const small = { bucket, key: "20KiB+1" };
const empty = { bucket, key: "0" };
const changing = { bucket, key: "20KiB+1, one or the other" };
const large = { bucket, key: "1MiB" };
const content = randomBytes(20 * KiB + 1);
const other = randomBytes(content.length);

let direct: Connected;
beforeAll(async () => {
  direct = CONNECT.nodeStore(needed("SLUICE_S3_ENDPOINT"), 10);
  await CONNECT["the SDK's client"](needed("SLUICE_S3_ENDPOINT"), 1).store.buckets!.create(bucket);
  await direct.store.put(small, content);
  await direct.store.put(empty, new Uint8Array(0));
  await direct.store.put(large, randomBytes(1024 * KiB));
});
afterAll(async () => {
  if (direct === undefined) return;
  for (const { key } of [small, empty, changing, large]) await direct.store.delete({ bucket, key });
  await CONNECT["the SDK's client"](needed("SLUICE_S3_ENDPOINT"), 1).store.buckets!.delete(bucket);
  direct.close();
});

/** What is done with one object over connections that break: D1, D7, D5 twice, D4, D6 twice. */
const WAYS = [
  "whole",
  "a range",
  "empty",
  "left",
  "aborted",
  "replaced",
  "compared",
  "compared wrongly",
] as const;
type Way = (typeof WAYS)[number];
interface Case {
  readonly way: Way;
  /** Where the range begins, or after how many bytes something happens. */
  readonly at: number;
}

const cuts = fc.array(
  fc.option(fc.record({ after: fc.nat(24 * KiB), by: fc.constantFrom("reset" as const, "end" as const) }), {
    nil: undefined,
    freq: 2,
  }),
  { minLength: 1, maxLength: 8, size: "max" },
);

/** The store knows this checksum of each object, whatever it is. */
function knowing(store: ObjectStore, checksum: Checksum): ObjectStore {
  const told = async <I extends ObjectInfo>(info: Promise<I>): Promise<I> => ({ ...(await info), checksum });
  const head: ObjectStore["head"] = (...of) => told(store.head(...of));
  const get: ObjectStore["get"] = (...of) => told(store.get(...of));
  const changed = new Map<unknown, unknown>([
    ["head", head],
    ["get", get],
  ]);
  return new Proxy(store, { get: (of, name) => changed.get(name) ?? Reflect.get(of, name) });
}

const crc32 = async (bytes: Uint8Array): Promise<Checksum> => {
  const digest = createDigest("crc32");
  digest.update(bytes);
  return {
    algorithm: "crc32",
    type: "full-object",
    value: Buffer.from(await digest.done()).toString("base64"),
  };
};

const budget = new MemoryBudget("24KiB");

/** Downloads, and says how that has ended. Whatever came is right, and nothing is held. */
async function one(store: ObjectStore, { way, at }: Case): Promise<string> {
  const source = way === "empty" ? empty : way === "replaced" ? changing : small;
  if (way === "replaced") await direct.store.put(changing, content);
  const expected = way === "empty" ? content.subarray(0, 0) : content.subarray(way === "a range" ? at : 0);
  const enough = new Error("enough");
  const stop = new AbortController();
  const came: Uint8Array[] = [];
  const got = () => Buffer.concat(came);
  const checksum = await crc32(way === "compared wrongly" ? other : content);
  const from = way.startsWith("compared") ? knowing(store, checksum) : store;
  let outcome = "whole";
  let acted = false;
  try {
    const { body } = await download(from, source, {
      ...{ rangeSize: 8 * KiB, window: 3, budget, retry: { attempts: 4, baseDelay: 1 }, signal: stop.signal },
      ...(way === "a range" && { range: { start: at } }),
      ...(way.startsWith("compared") && { integrity: "require" as const }),
    });
    for await (const chunk of body) {
      came.push(chunk);
      if (acted || got().length <= at) continue;
      acted = true;
      if (way === "replaced") await direct.store.put(changing, other);
      if (way === "aborted") stop.abort(enough);
      if (way === "left") {
        outcome = "left";
        break;
      }
    }
  } catch (error) {
    if (error === enough) return "aborted";
    outcome = String((error as { code?: unknown }).code);
    const final = { replaced: "ERR_OBJECT_CHANGED", "compared wrongly": "ERR_INTEGRITY" };
    if (outcome !== (final as Partial<Record<Way, string>>)[way]) {
      expect(error).toMatchObject({ code: expect.any(String), retryable: true });
    }
  } finally {
    expect(budget.held).toBe(0);
    expect(got().equals(expected.subarray(0, got().length))).toBe(true);
  }
  if (outcome === "whole") expect(got().length).toBe(expected.length);
  // Who counts to the length would take it for whole.
  if (way === "compared wrongly") expect(got().length).toBeLessThan(expected.length);
  return outcome;
}

describe.each(Object.entries(CONNECT))("over %s", (_name, connect) => {
  test("downloads whose connections are reset and ended anywhere are whole, or fail with a code, and leave nothing", async () => {
    let pending: (Cut | undefined)[] = [];
    const outcomes: string[] = [];
    const cases = fc.record({ way: fc.constantFrom("whole", ...WAYS), at: fc.nat(content.length - 1), cuts });
    await through(
      connect,
      3,
      async (store) => {
        const run = async (made: Case) => void outcomes.push(`${made.way}: ${await one(store, made)}`);
        await fc.assert(
          fc.asyncProperty(cases, async ({ cuts, ...made }) => {
            pending = [...cuts];
            await run(made);
          }),
          { numRuns: RUNS },
        );
        // None of three connections is held by what has been given up.
        pending = [];
        expect(await one(store, { way: "whole", at: 0 })).toBe("whole");
      },
      () => pending.shift(),
    );
    expect(outcomes.filter((outcome) => outcome.endsWith(": whole")).length).toBeGreaterThan(RUNS / 5);
    expect(outcomes).not.toContain("compared wrongly: whole");
  });

  // Of 200 GetObjects of the SDK alone, 50 are answered: each body that nobody reads keeps its connection. A HEAD behind
  // them has none after a minute, and no option ends them; after some seconds there is a warning.
  test("200 bodies that nobody reads are ended by their time budget, so that a request behind them is served", () =>
    through(connect, 50, async (store, proxy) => {
      const budget = new MemoryBudget("64MiB");
      const retry = { attempts: 20, baseDelay: 20, maxDelay: 100 };
      const one = async () => {
        const options = { rangeSize: "256KiB", budget, retry, idleTimeout: IDLE };
        const { body } = await download(store, large, options);
        await body.getReader().closed;
      };
      const unread = Array.from({ length: 200 }, () => one().catch((error: unknown) => error));
      const head = store.head(small);
      const codes = (await Promise.all(unread)).map((error) => String((error as { code?: unknown }).code));
      // Who had to wait for a connection for too long may have been told so.
      expect([...new Set(codes)].filter((code) => code !== "ERR_STALLED")).toEqual(["ERR_UNREAD"]);
      expect((await head).size).toBe(content.length);
      const { body } = await download(store, small, { budget });
      expect((await new Response(body).arrayBuffer()).byteLength).toBe(content.length);
      expect(budget.held).toBe(0);
      // One that the client has left may still be open here when it makes the next.
      expect(proxy.mostOpen).toBeLessThanOrEqual(60);
    }));

  test("a reader that stops for good holds the window until its time budget is over, and then nothing", () =>
    through(connect, 10, async (store) => {
      const budget = new MemoryBudget("1MiB");
      const options = { rangeSize: "64KiB", window: 3, budget, idleTimeout: IDLE };
      const { body } = await download(store, large, options);
      const reader = body.getReader();
      await reader.read();
      const over = reader.closed.catch((error: unknown) => error);
      expect(budget.held).toBeGreaterThanOrEqual(2 * 64 * KiB);
      expect(await over).toMatchObject({ code: "ERR_UNREAD" });
      expect(budget.held).toBe(0);
      expect(budget.snapshot().peakHeld).toBe(3 * 64 * KiB);
    }));
});
