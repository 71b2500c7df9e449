import { storeLaws } from "@sluice/laws";
import { MemoryStore } from "@sluice/object-store";
import { describe, test } from "vitest";

const compares = ["md5", "crc32", "crc32c", "crc64nvme", "sha1", "sha256"] as const;

async function make() {
  const store = new MemoryStore({ limits: { minPartSize: 4 }, autoCreateBuckets: false });
  await store.buckets.create("laws");
  return { store, bucket: "laws", compares };
}

describe("MemoryStore", () => {
  for (const { id, says, run } of storeLaws(make)) test(`${id} ${says}`, () => run());
});
