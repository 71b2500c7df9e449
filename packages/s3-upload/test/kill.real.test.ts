import { spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { faulty } from "@sluice/object-store";
import { type ResumeToken, upload } from "@sluice/s3-upload";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, lines } from "./real-server.js";

const MiB = 2 ** 20;
const SIZE = 41 * MiB + 7;
const bucket = `sluice-${randomUUID()}`;
const store = connect();
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "sluice-kill-"));
  await store.buckets!.create(bucket);
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
  for (const open of (await store.listMultiparts(bucket)).uploads) await store.abortMultipart(open);
  for (const { key } of (await store.list(bucket)).objects) await store.delete({ bucket, key });
  await store.buckets!.delete(bucket);
});

/** Runs an upload in another process, and kills that in the middle of a part. */
async function killed(key: string): Promise<ResumeToken> {
  const tokenFile = join(directory, key);
  const program = fileURLToPath(new URL("./killed-upload.ts", import.meta.url));
  const child = spawn(
    process.execPath,
    ["--conditions", "@sluice/source", "--import", "tsx", program, bucket, key, String(SIZE), tokenFile],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const dead = new Promise<NodeJS.Signals | null>((resolve) => {
    child.on("exit", (_code, signal) => resolve(signal));
  });
  for await (const _arrived of createInterface(child.stdout)) child.kill("SIGKILL");
  expect(await dead).toBe("SIGKILL");
  return JSON.parse(await readFile(tokenFile, "utf8")) as ResumeToken;
}

test("an upload whose process is killed goes on in another one: no part is sent twice, and the object is whole", async () => {
  const key = "killed";
  const resume = await killed(key);
  const { parts } = await store.listParts(resume);
  const there = parts.map(({ partNumber }) => partNumber);
  expect(there).toEqual([1, 2, 3, 4, 5]);

  const watched = faulty(store, []);
  const hash = createHash("sha256");
  const loaded: number[] = [];
  const result = await upload(watched, { bucket, key }, lines(SIZE, hash), {
    resume,
    onProgress: (progress) => loaded.push(progress.loaded),
  });
  expect(result).toMatchObject({ size: SIZE, parts: 9, uploadId: resume.uploadId });
  const sent = watched.calls.flatMap(({ method, args }) => (method === "putPart" ? [args[1] as number] : []));
  expect([...there, ...sent].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(loaded.at(-1)).toBe(SIZE);

  const arrived = createHash("sha256");
  for await (const chunk of (await store.get({ bucket, key })).body) arrived.update(chunk);
  expect(arrived.digest("hex")).toBe(hash.digest("hex"));
  expect((await store.listMultiparts(bucket)).uploads).toEqual([]);
});
