import { MemoryStore } from "@sluice/object-store";
import { UnsupportedBodyError, type UploadOptions, upload } from "@sluice/s3-upload";
import { expect, test } from "vitest";

const store = new MemoryStore();
const target = { bucket: "bucket", key: "key" };

// Each of these must not compile; those that run must be refused as well.
test("the types refuse what the upload would refuse", async () => {
  // @ts-expect-error a number is no body
  await expect(upload(store, target, 5)).rejects.toBeInstanceOf(UnsupportedBodyError);
  // @ts-expect-error an iterable of numbers is not one of bytes
  await expect(upload(store, target, [1, 2, 3])).rejects.toBeInstanceOf(UnsupportedBodyError);
  // @ts-expect-error the bytes of an ArrayBuffer are reached through a Uint8Array
  await expect(upload(store, target, new ArrayBuffer(3))).rejects.toBeInstanceOf(UnsupportedBodyError);
  // @ts-expect-error a promise of a body is to be awaited first
  await expect(upload(store, target, Promise.resolve("x"))).rejects.toBeInstanceOf(UnsupportedBodyError);

  // @ts-expect-error S3 has checksums by other names too, but none of which a store could check a part by
  const integrity: UploadOptions = { integrity: "sha512" };
  // @ts-expect-error S3 knows no other value for a write
  const condition: UploadOptions = { ifNoneMatch: '"etag"' };
  expect([integrity, condition]).toHaveLength(2);
});
