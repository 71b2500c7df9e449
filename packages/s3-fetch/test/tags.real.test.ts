import { randomUUID } from "node:crypto";
import { env } from "node:process";
import type { StoreError } from "@sluice/object-store";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect, KINDS } from "./real-server.js";
import { bytes, failureOf } from "./recorder.js";

const bucket = `sluice-${randomUUID()}`;
const at = { bucket, key: "k" };
const copy = { bucket, key: "copy" };

const admin = connect("node");
beforeAll(() => admin.buckets!.create(bucket));
afterAll(async () => {
  await admin.deleteMany(bucket, [at.key, copy.key]);
  await admin.buckets!.delete(bucket);
});

describe.each(KINDS)("over %s,", (kind) => {
  const store = connect(kind);
  const tags = store.tags!;

  test("an object's tags are those it was put with, until they are changed", async () => {
    await store.put(at, bytes(3), { tags: { "a b": "1+2", c: "" } });
    expect(await tags.get(at)).toEqual({ "a b": "1+2", c: "" });
    expect((await store.head(at)).tagCount).toBe(2);
    await store.copy(at, copy);
    expect(await tags.get(copy)).toEqual({ "a b": "1+2", c: "" });
    await store.copy(at, copy, { tags: { d: "4" } });
    // Ceph 16 takes no notice of a copy's own tags unless its metadata is its own, too.
    if (env.SLUICE_S3_SERVER === "embedded") expect(await tags.get(copy)).toEqual({ d: "4" });
    await tags.put(at, { "e&<": "ü" }).catch(() => tags.put(at, { e: "ü" }));
    expect(Object.values(await tags.get(at))).toEqual(["ü"]);
    await tags.delete(at);
    expect(await tags.get(at)).toEqual({});
    expect((await failureOf(tags.get({ bucket, key: "none" }))).code).toBe("NoSuchKey");
  });

  test("a read by a date is answered as not modified, with what the object still is", async () => {
    const { etag } = await store.put(at, bytes(3));
    const { lastModified } = await store.head(at);
    // Ceph compares fractions of a second that the header has not, and takes no notice of a date that is still to come.
    const after = new Date(lastModified.getTime() + 1_000);
    let error: StoreError | undefined;
    const asked = () =>
      store.get(at, { ifModifiedSince: after }).then(
        ({ body }) => body.cancel(),
        (refusal: StoreError) => {
          error = refusal;
        },
      );
    await expect.poll(() => asked().then(() => error), { timeout: 10_000 }).toBeDefined();
    expect(error).toMatchObject({ code: "NotModified", status: 304 });
    // Ceph says less than HTTP wants.
    if (env.SLUICE_S3_SERVER === "embedded") expect(error?.unmodified).toEqual({ etag, lastModified });
    const before = new Date(lastModified.getTime() - 60_000);
    expect((await store.head(at, { ifModifiedSince: before })).etag).toBe(etag);
    const late = await failureOf(store.head(at, { ifUnmodifiedSince: before }));
    expect(late.code).toBe("PreconditionFailed");
    // Nor does Ceph 16 heed dates of the source of a copy.
    if (env.SLUICE_S3_SERVER !== "embedded") return;
    const stale = await failureOf(store.copy(at, copy, { sourceIfUnmodifiedSince: before }));
    expect(stale.code).toBe("PreconditionFailed");
  });
});
