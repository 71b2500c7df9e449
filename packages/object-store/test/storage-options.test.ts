import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { combineChecksums, digestOf, MemoryStore, type ObjectStore } from "@sluice/object-store";
import { DirectoryStore } from "@sluice/object-store/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const at = { bucket: "bucket", key: "key" };
const bytes = (size: number, from = 0) => Uint8Array.from({ length: size }, (_, i) => (i + from) & 0xff);
const base64 = (digest: Uint8Array) => Buffer.from(digest).toString("base64");

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "sluice-storage-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const limits = { minPartSize: 4 };
const stores: Record<string, () => ObjectStore> = {
  memory: () => new MemoryStore({ limits }),
  directory: () => new DirectoryStore(directory, { limits, sync: false }),
};

describe.each(Object.keys(stores))("the store in %s", (name) => {
  const labels = {
    tags: { a: "1", b: "" },
    storageClass: "STANDARD_IA",
    expires: new Date("2030-01-01T00:00:00Z"),
  };

  test("keeps expiry, tags and storage class, of a put and of parts, and tells them", async () => {
    const store = stores[name]!();
    await store.put(at, bytes(3), labels);
    expect(await store.head(at)).toMatchObject(labels);
    const upload = await store.createMultipart(at, labels);
    const part = await store.putPart(upload, 1, bytes(5));
    await store.completeMultipart(upload, [part]);
    expect(await store.head(at)).toMatchObject({ ...labels, size: 5 });
  });

  test("lets a copy keep the tags, in the default storage class", async () => {
    const store = stores[name]!();
    await store.put(at, bytes(3), { ...labels, cacheControl: "no-store" });
    const to = { ...at, key: "copy" };
    await store.copy(at, to);
    expect(await store.head(to)).toMatchObject({ tags: labels.tags, cacheControl: "no-store" });
    expect((await store.head(to)).storageClass).toBeUndefined();
    await store.copy(at, to, { replaceHeaders: true, contentType: "text/plain" });
    expect(await store.head(to)).toMatchObject({ tags: labels.tags, contentType: "text/plain" });
    expect((await store.head(to)).cacheControl).toBeUndefined();
  });

  test.each([
    ["encryption", { encryption: { type: "aws:kms" as const } }],
    ["a key of one's own", { customerKey: bytes(32) }],
    ["a public grant", { acl: "public-read" }],
  ])("refuses %s instead of dropping it", async (_what, options) => {
    const store = stores[name]!();
    const refused = expect.objectContaining({ code: "NotImplemented" });
    await expect(store.put(at, bytes(3), options)).rejects.toEqual(refused);
    await expect(store.createMultipart(at, options)).rejects.toEqual(refused);
  });

  test("takes the grants that change nothing, and not more tags than S3", async () => {
    const store = stores[name]!();
    await store.put(at, bytes(3), { acl: "private", expectedBucketOwner: "123456789012" });
    const tags = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`tag${i}`, ""]));
    await expect(store.put(at, bytes(3), { tags })).rejects.toMatchObject({ code: "BadRequest" });
    await expect(store.put(at, bytes(3), { tags: { "": "x" } })).rejects.toMatchObject({
      code: "InvalidTag",
    });
  });

  test.each(["crc32", "crc32c", "crc64nvme"] as const)(
    "gives an object of parts the %s of all its bytes, and refuses another one",
    async (checksumAlgorithm) => {
      const store = stores[name]!();
      const checksumType = "full-object" as const;
      const whole = base64(await digestOf(checksumAlgorithm, bytes(11)));
      const upload = await store.createMultipart(at, { checksumAlgorithm, checksumType });
      const parts = [
        await store.putPart(upload, 1, bytes(5)),
        await store.putPart(upload, 2, bytes(4, 5)),
        await store.putPart(upload, 3, bytes(2, 9)),
      ];
      const wrong = base64(await digestOf(checksumAlgorithm, bytes(10)));
      const complete = (value: string) =>
        store.completeMultipart(upload, parts, { checksum: { algorithm: checksumAlgorithm, value } });
      await expect(complete(wrong)).rejects.toMatchObject({ code: "BadDigest" });
      const expected = { algorithm: checksumAlgorithm, value: whole, type: checksumType };
      expect((await complete(whole)).checksum).toEqual(expected);
      expect((await store.head(at)).checksum).toEqual(expected);
      const pieces = parts.map(({ checksum }, i) => ({ value: checksum!.value, size: [5, 4, 2][i]! }));
      expect(combineChecksums(checksumAlgorithm, pieces)).toBe(whole);
    },
  );

  test("refuses the kinds of checksum that there are not", async () => {
    const store = stores[name]!();
    for (const options of [
      { checksumAlgorithm: "sha256" as const, checksumType: "full-object" as const },
      { checksumAlgorithm: "crc64nvme" as const, checksumType: "composite" as const },
      { checksumType: "full-object" as const },
    ]) {
      await expect(store.createMultipart(at, options)).rejects.toMatchObject({ code: "InvalidRequest" });
    }
    const upload = await store.createMultipart(at, { checksumAlgorithm: "crc32" });
    const part = await store.putPart(upload, 1, bytes(5));
    const checksum = { algorithm: "crc32c" as const, value: "AAAAAA==" };
    await expect(store.completeMultipart(upload, [part], { checksum })).rejects.toMatchObject({
      code: "InvalidRequest",
    });
  });
});
