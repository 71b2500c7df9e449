import { randomBytes, randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { downloadMany } from "@sluice/s3-download/node";
import { uploadMany } from "@sluice/s3-upload/node";
import { MemoryBudget } from "@sluice/semaphore";
import { afterAll, beforeAll, expect, test } from "vitest";
import { folder, useFolder } from "./folder.js";
import { connect } from "./real-server.js";

const MiB = 2 ** 20;
const bucket = `sluice-${randomUUID()}`;
const store = connect();

useFolder();
beforeAll(() => store.buckets!.create(bucket));
afterAll(async () => {
  for (const { key } of (await store.list(bucket)).objects) await store.delete({ bucket, key });
  await store.buckets!.delete(bucket);
});

test("a folder goes to a real server and comes back equal, inside one budget", async () => {
  const contents: Record<string, Buffer> = {
    empty: Buffer.alloc(0),
    "deep/a + b%20é.txt": randomBytes(1_000),
    "deep/er/large": randomBytes(11 * MiB + 7),
    "deep/er/small": randomBytes(3),
  };
  mkdirSync(folder.at("up/deep/er"), { recursive: true });
  for (const [name, bytes] of Object.entries(contents)) writeFileSync(folder.at(`up/${name}`), bytes);
  const budget = new MemoryBudget("12MiB");
  const up = await uploadMany(store, folder.at("up"), { bucket, prefix: "p", budget, partSize: "5MiB" });
  const bytes = 11 * MiB + 7 + 1_003;
  expect(up).toEqual({ files: 4, bytes, skipped: 0, failed: [], failedCount: 0 });
  await store.put({ bucket, key: "p//out" }, new Uint8Array(3));
  const down = await downloadMany(store, { bucket, prefix: "p" }, folder.at("down"), { budget });
  expect([down.files, down.bytes, down.failedCount]).toEqual([4, bytes, 1]);
  for (const [name, wanted] of Object.entries(contents)) {
    expect(readFileSync(folder.at(`down/${name}`)).equals(wanted), name).toBe(true);
  }
  expect(folder.names()).toEqual(["down", "up"]);
  expect([budget.held, budget.snapshot().peakHeld <= 12 * MiB]).toEqual([0, true]);
});
