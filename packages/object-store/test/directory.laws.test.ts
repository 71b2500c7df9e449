import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { storeLaws } from "@sluice/laws";
import { DirectoryStore } from "@sluice/object-store/node";
import { afterAll, beforeAll, describe, test } from "vitest";

let directory: string;
let store: DirectoryStore;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "sluice-"));
  store = await DirectoryStore.open(directory, { limits: { minPartSize: 4 }, sync: false });
  await store.buckets.create("laws");
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const make = () => ({
  store,
  bucket: "laws",
  compares: ["md5", "crc32", "crc32c", "crc64nvme", "sha1", "sha256"] as const,
});

describe("DirectoryStore", () => {
  for (const { id, says, run } of storeLaws(make)) test(`${id} ${says}`, () => run({ runs: 30 }));
});
