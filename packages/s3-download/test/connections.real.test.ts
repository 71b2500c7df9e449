import { randomBytes, randomUUID } from "node:crypto";
import { Agent } from "node:http";
import { env } from "node:process";
import { S3Client } from "@aws-sdk/client-s3";
import type { ObjectStore } from "@sluice/object-store";
import { awsStore } from "@sluice/s3-aws-sdk";
import { download } from "@sluice/s3-download";
import { nodeStore } from "@sluice/s3-fetch/node";
import { MemoryBudget } from "@sluice/semaphore";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Cut, type CuttingProxy, cuttingProxy } from "./cutting-proxy.js";

const KiB = 1024;
const bucket = `sluice-${randomUUID()}`;
const small = { bucket, key: "20KiB+1" };
const large = { bucket, key: "1MiB" };
const content = randomBytes(20 * KiB + 1);

const needed = (name: string): string => {
  const value = env[name];
  if (!value) throw new Error(`${name} must be set: these tests need a real S3 server`);
  return value;
};

interface Connected {
  readonly store: ObjectStore;
  close(): void;
}

const CONNECT = {
  nodeStore: (endpoint: string, maxSockets: number): Connected => {
    const credentials = {
      accessKeyId: needed("AWS_ACCESS_KEY_ID"),
      secretAccessKey: needed("AWS_SECRET_ACCESS_KEY"),
    };
    const store = nodeStore({ endpoint, region: needed("AWS_REGION"), credentials, maxSockets });
    return { store, close: () => store.close() };
  },
  "the SDK's client": (endpoint: string, maxSockets: number): Connected => {
    const client = new S3Client({
      endpoint,
      region: needed("AWS_REGION"),
      credentials: {
        accessKeyId: needed("AWS_ACCESS_KEY_ID"),
        secretAccessKey: needed("AWS_SECRET_ACCESS_KEY"),
      },
      forcePathStyle: true,
      maxAttempts: 1,
      requestHandler: {
        httpAgent: new Agent({ keepAlive: true, maxSockets }),
        socketAcquisitionWarningTimeout: 600_000,
      },
    });
    return { store: awsStore(client), close: () => client.destroy() };
  },
};

let direct: Connected;
beforeAll(async () => {
  direct = CONNECT.nodeStore(needed("SLUICE_S3_ENDPOINT"), 10);
  await CONNECT["the SDK's client"](needed("SLUICE_S3_ENDPOINT"), 1).store.buckets!.create(bucket);
  await direct.store.put(small, content);
  await direct.store.put(large, randomBytes(1024 * KiB));
});
afterAll(async () => {
  if (direct === undefined) return;
  await direct.store.delete(small);
  await direct.store.delete(large);
  await CONNECT["the SDK's client"](needed("SLUICE_S3_ENDPOINT"), 1).store.buckets!.delete(bucket);
  direct.close();
});

async function through<T>(
  connect: (endpoint: string, maxSockets: number) => Connected,
  maxSockets: number,
  work: (store: ObjectStore, proxy: CuttingProxy) => Promise<T>,
  next?: () => Cut | undefined,
): Promise<T> {
  const proxy = await cuttingProxy(needed("SLUICE_S3_ENDPOINT"), next);
  const { store, close } = connect(proxy.url, maxSockets);
  try {
    return await work(store, proxy);
  } finally {
    close();
    await vi.waitFor(() => expect(proxy.open).toBe(0));
    await proxy.close();
  }
}

describe.each(Object.entries(CONNECT))("over %s", (_name, connect) => {
  test("100 downloads whose connections are reset and ended anywhere are whole, or fail with a code, and leave nothing", async () => {
    const cuts = fc.array(
      fc.option(
        fc.record({ after: fc.nat(24 * KiB), by: fc.constantFrom("reset" as const, "end" as const) }),
        {
          nil: undefined,
          freq: 2,
        },
      ),
      { minLength: 1, maxLength: 8, size: "max" },
    );
    let pending: (Cut | undefined)[] = [];
    const outcomes = new Map<string, number>();
    const budget = new MemoryBudget("24KiB");
    const one = async (store: ObjectStore): Promise<string> => {
      const retry = { attempts: 4, baseDelay: 1 };
      const came: Uint8Array[] = [];
      let outcome = "whole";
      try {
        const { body } = await download(store, small, { rangeSize: 8 * KiB, window: 3, budget, retry });
        for await (const chunk of body) came.push(chunk);
      } catch (error) {
        outcome = String((error as { code?: unknown }).code);
        expect(error).toMatchObject({ code: expect.any(String), retryable: true });
      }
      const got = Buffer.concat(came);
      expect(got.equals(content.subarray(0, got.length))).toBe(true);
      if (outcome === "whole") expect(got.length).toBe(content.length);
      expect(budget.held).toBe(0);
      return outcome;
    };
    await through(
      connect,
      3,
      async (store) => {
        await fc.assert(
          fc.asyncProperty(cuts, async (made) => {
            pending = [...made];
            const outcome = await one(store);
            outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
          }),
          { numRuns: 100 },
        );
        // None of three connections is held by what has been given up.
        pending = [];
        expect(await one(store)).toBe("whole");
      },
      () => pending.shift(),
    );
    expect(outcomes.get("whole")).toBeGreaterThan(20);
  });

  // Of 200 GetObjects of the SDK alone, 50 are answered: each body that nobody reads keeps its connection. A HEAD behind
  // them has none after a minute, and no option ends them; after some seconds there is a warning.
  test("200 bodies that nobody reads are ended by their time budget, so that a request behind them is served", () =>
    through(connect, 50, async (store, proxy) => {
      const budget = new MemoryBudget("64MiB");
      const retry = { attempts: 20, baseDelay: 20, maxDelay: 100 };
      const one = async () => {
        const options = { rangeSize: "256KiB", budget, retry, idleTimeout: 600 };
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
      expect(proxy.mostOpen).toBeLessThanOrEqual(50);
    }));

  test("a reader that stops for good holds the window until its time budget is over, and then nothing", () =>
    through(connect, 10, async (store) => {
      const budget = new MemoryBudget("1MiB");
      const options = { rangeSize: "64KiB", window: 3, budget, idleTimeout: 500 };
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
