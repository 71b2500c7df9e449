import { storeLaws } from "@sluice/laws";
import { MemoryStore } from "@sluice/object-store";
import { encryptedStore } from "@sluice/s3-encryption";
import { describe, test } from "vitest";
import { keysWith } from "./keys.js";

const compares = ["md5", "crc32", "crc32c", "crc64nvme", "sha1", "sha256"] as const;

interface Sizes {
  readonly frameSize: number;
  readonly minPartSize: number;
}

const make = (cipher: "web" | undefined, sizes: Sizes) => async () => {
  const { frameSize, minPartSize } = sizes;
  const memory = new MemoryStore({ limits: { minPartSize }, autoCreateBuckets: false, chunkSize: 1000 });
  await memory.buckets.create("laws");
  const store = encryptedStore(memory, { keys: keysWith("k1"), frameSize, cipher });
  return { store, bucket: "laws", compares };
};

// Parts of three frames, with room for the longest sample. O1 and O9 put hundreds of thousands of bytes.
const small = { frameSize: 16, minPartSize: 40 };
const large = { frameSize: 5000, minPartSize: 5000 };
const isLarge = (id: string) => id === "O1" || id === "O9";

describe.each([
  ["an encrypted store", undefined, 12],
  ["an encrypted store without Node's ciphers", "web", 4],
] as const)("%s", (_, cipher, runs) => {
  const [few, many] = [small, large].map((sizes) => storeLaws(make(cipher, sizes)));
  const laws = few!.map((law, i) => (isLarge(law.id) ? many![i]! : law));
  for (const { id, says, run } of laws) test(`${id} ${says}`, () => run({ runs: id === "O9" ? 2 : runs }));
});
