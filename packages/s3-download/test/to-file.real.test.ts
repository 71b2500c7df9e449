import { spawn } from "node:child_process";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { env } from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { faulty, flipBit } from "@sluice/object-store";
import { downloadToFile } from "@sluice/s3-download/node";
import { upload } from "@sluice/s3-upload";
import { MemoryBudget } from "@sluice/semaphore";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { folder, useFolder } from "./folder.js";
import { connect } from "./real-server.js";

const MiB = 2 ** 20;
const bucket = `sluice-${randomUUID()}`;
const at = { bucket, key: "24MiB+7" };
const content = randomBytes(24 * MiB + 7);
const store = connect();

useFolder();
beforeAll(async () => {
  await store.buckets!.create(bucket);
});
afterAll(async () => {
  for (const { key } of (await store.list(bucket)).objects) await store.delete({ bucket, key });
  await store.buckets!.delete(bucket);
});

const digest = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const isWhole = () => digest(readFileSync(folder.at("file"))) === digest(content);

/** Downloads in another process, and kills that in the middle of a range; how many bytes were written by then. */
async function killed(after: number, resume: boolean): Promise<number> {
  const program = fileURLToPath(new URL("./killed-download.ts", import.meta.url));
  const args = [program, bucket, at.key, folder.at("file"), String(after), resume ? "resume" : "anew"];
  const child = spawn(process.execPath, ["--conditions", "@sluice/source", "--import", "tsx", ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const dead = new Promise<NodeJS.Signals | null>((resolve) => {
    child.on("exit", (_code, signal) => resolve(signal));
  });
  let written = 0;
  for await (const line of createInterface(child.stdout)) {
    written = Number(line);
    child.kill("SIGKILL");
  }
  expect(await dead).toBe("SIGKILL");
  return written;
}

describe("a file from a real server", () => {
  beforeAll(() => store.put(at, content));

  test("is whole, inside a budget of four halves of a mebibyte", async () => {
    const budget = new MemoryBudget("8MiB");
    const result = await downloadToFile(store, at, folder.at("file"), { rangeSize: "3MiB", budget });
    expect(result).toMatchObject({ size: content.length, resumed: 0 });
    expect([isWhole(), folder.names(), budget.held]).toEqual([true, ["file"], 0]);
    expect(budget.snapshot().peakHeld).toBe(2 * MiB);
  });

  test("that was killed twice half-way goes on where it was, within what it says is fetched twice", async () => {
    const first = await killed(7 * MiB, true);
    // The one with a tilde, if it was killed in the very moment.
    const left = folder.names().filter((name) => !name.endsWith("~"));
    expect(left).toEqual([".file.sluice-lock", ".file.sluice-part", ".file.sluice-state"]);
    expect(statSync(folder.at(".file.sluice-part")).size).toBe(content.length);
    const second = await killed(14 * MiB, true);
    const watched = faulty(store, []);
    const { resumed } = await downloadToFile(watched, at, folder.at("file"), {
      rangeSize: "2MiB",
      resume: true,
    });
    expect(first).toBeGreaterThanOrEqual(7 * MiB);
    // Two steps of 1 MiB, and half a mebibyte for each of four ranges.
    expect(resumed).toBeGreaterThanOrEqual(second - 4 * MiB);
    expect(resumed).toBeLessThanOrEqual(second);
    const fetched = watched.calls.flatMap(({ method, args }) =>
      method === "get" ? [(args[1] as { range: { start: number; end: number } }).range] : [],
    );
    const bytes = fetched.reduce((sum, { start, end }) => sum + end - start + 1, 0);
    expect(bytes).toBe(content.length - resumed);
    expect([isWhole(), folder.names()]).toEqual([true, ["file"]]);
  });

  test("that was killed half-way and is not to be resumed leaves nothing behind the next call", async () => {
    await killed(7 * MiB, false);
    expect(folder.names()).toEqual([".file.sluice-lock", ".file.sluice-part"]);
    expect(await downloadToFile(store, at, folder.at("file"))).toMatchObject({ resumed: 0 });
    expect([isWhole(), folder.names()]).toEqual([true, ["file"]]);
  });

  test("that was killed half-way is fetched anew when the object has been replaced", async () => {
    await store.put(at, content.toReversed());
    await killed(7 * MiB, true);
    await store.put(at, content);
    expect(await downloadToFile(store, at, folder.at("file"), { resume: true })).toMatchObject({
      resumed: 0,
    });
    expect([isWhole(), folder.names()]).toEqual([true, ["file"]]);
  });

  test("of an object of parts is compared part by part, where the server knows checksums and parts", async () => {
    const parts = { bucket, key: "parts" };
    await upload(store, parts, content.subarray(0, 11 * MiB), { partSize: 5 * MiB, integrity: "sha256" });
    const required = { rangeSize: "3MiB", integrity: "require" } as const;
    const damaged = faulty(store, [flipBit("get", MiB)]);
    const wrong = downloadToFile(damaged, parts, folder.at("wrong"), required);
    await expect(wrong).rejects.toMatchObject({ code: "ERR_INTEGRITY" });
    const file = downloadToFile(store, parts, folder.at("file"), required);
    if (env.SLUICE_S3_SERVER !== "embedded") {
      await expect(file).rejects.toMatchObject({ code: "ERR_INTEGRITY" });
      expect(folder.names()).toEqual([]);
      return;
    }
    expect((await file).checksum).toMatchObject({ algorithm: "sha256", type: "composite" });
    expect(digest(readFileSync(folder.at("file")))).toBe(digest(content.subarray(0, 11 * MiB)));
    expect(folder.names()).toEqual(["file"]);
  });

  test("of an empty object is empty, and of none there is none", async () => {
    const empty = { bucket, key: "empty" };
    await store.put(empty, new Uint8Array(0));
    expect(await downloadToFile(store, empty, folder.at("file"))).toMatchObject({ size: 0 });
    await expect(downloadToFile(store, { bucket, key: "none" }, folder.at("other"))).rejects.toMatchObject({
      code: "NoSuchKey",
    });
    expect([folder.names(), statSync(folder.at("file")).size]).toEqual([["file"], 0]);
  });
});
