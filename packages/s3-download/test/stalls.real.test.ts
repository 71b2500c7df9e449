import { randomBytes, randomUUID } from "node:crypto";
import { download } from "@sluice/s3-download";
import { MemoryBudget } from "@sluice/semaphore";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { CONNECT, type Connected, needed, through } from "./connected.js";
import type { Cut } from "./cutting-proxy.js";

// The time really passes: a socket knows no other clock. All that stalls does so at the same time.
const IDLE = 800;
const KiB = 1024;
const bucket = `sluice-${randomUUID()}`;
const source = { bucket, key: "100KiB" };
const content = randomBytes(100 * KiB);

let direct: Connected;
beforeAll(async () => {
  direct = CONNECT["the SDK's client"](needed("SLUICE_S3_ENDPOINT"), 10);
  await direct.store.buckets!.create(bucket);
  await direct.store.put(source, content);
});
afterAll(async () => {
  if (direct === undefined) return;
  await direct.store.delete(source);
  await direct.store.buckets!.delete(bucket);
  direct.close();
});

/** Before the answer, in its headers, and three times among the bytes; then one more time where that has been mended. */
const SILENCES = [0, 100, 1 * KiB, 9 * KiB, 17 * KiB, 5 * KiB];

describe.concurrent.each(Object.entries(CONNECT))("over %s", (_name, connect) => {
  test("D8 D9: a range whose connection falls silent anywhere is asked for anew after its time budget, from where it broke off", async () => {
    const pending = SILENCES.map((after): Cut => ({ after, by: "silence" }));
    let stalls = 0;
    const resumed: number[] = [];
    const budget = new MemoryBudget("1MiB");
    await through(
      connect,
      8,
      async (store, proxy) => {
        const { body } = await download(store, source, {
          ...{
            rangeSize: 20 * KiB,
            window: 3,
            budget,
            idleTimeout: IDLE,
            retry: { attempts: 8, baseDelay: 1 },
          },
          onEvent: (event) => {
            if (event.type === "stalled") stalls++;
            if (event.type === "retry") resumed.push(event.start % (20 * KiB));
          },
        });
        const came: Uint8Array[] = [];
        for await (const chunk of body) came.push(chunk);
        expect(Buffer.concat(came).equals(content)).toBe(true);
        expect(budget.held).toBe(0);
        expect(budget.snapshot().peakHeld).toBeLessThanOrEqual(60 * KiB);
        // What has stalled is not left open.
        await vi.waitFor(() => expect(proxy.open).toBeLessThanOrEqual(3));
      },
      () => pending.shift(),
    );
    expect(stalls).toBeGreaterThanOrEqual(SILENCES.length);
    // The first two have brought no byte; what the others have is not asked for again.
    expect(resumed.filter((offset) => offset > 0).length).toBeGreaterThanOrEqual(SILENCES.length - 2);
  });
});
