import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { MiB, noise, spawned, spawnServer } from "./harness.js";

let root: string;
let server: Awaited<ReturnType<typeof spawnServer>>;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "sluice-awscli-"));
  server = await spawnServer(["--dir", join(root, "objects")]);
});
afterAll(async () => {
  server.child.kill();
  await server.ended;
  await rm(root, { recursive: true });
});

async function aws(...args: string[]): Promise<string> {
  // A bundle of certificates that is named and missing would end it, though no certificate is needed here.
  const run = spawned(
    "env",
    ["-u", "AWS_CA_BUNDLE", "aws", "--endpoint-url", server.url, "s3", ...args],
    server.env,
  );
  const { code } = await run.ended;
  if (code !== 0) throw new Error(`aws s3 ${args.join(" ")} ended with ${code}: ${run.text("stderr")}`);
  return run.text("stdout");
}

test("awscli copies a large file to the embedded server and back, lists and removes it", async () => {
  const bytes = noise(20 * MiB + 1);
  await writeFile(join(root, "up"), bytes);
  await aws("cp", join(root, "up"), "s3://box/deep/k");
  expect(await aws("ls", "s3://box/deep/")).toMatch(new RegExp(` ${bytes.length} k\n$`));
  await aws("cp", "s3://box/deep/k", join(root, "down"));
  expect((await readFile(join(root, "down"))).equals(bytes)).toBe(true);
  await aws("rm", "s3://box/deep/k");
  expect(await aws("ls", "s3://box")).toBe("");
});

test("awscli makes and removes buckets, and syncs a folder", async () => {
  const folder = await mkdtemp(join(root, "folder-"));
  await writeFile(join(folder, "a b+ü.txt"), "1");
  await writeFile(join(folder, "c"), "2");
  await aws("mb", "s3://second");
  await aws("sync", folder, "s3://second/in");
  expect(await aws("ls", "--recursive", "s3://second")).toMatch(/in\/a b\+ü\.txt\n.* in\/c\n$/);
  await aws("rb", "--force", "s3://second");
  expect(await aws("ls")).toMatch(/^\S+ \S+ box\n$/);
});
