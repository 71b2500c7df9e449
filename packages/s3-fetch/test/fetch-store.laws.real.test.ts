import { randomUUID } from "node:crypto";
import { env } from "node:process";
import { storeLaws, type Waivers } from "@sluice/laws";
import { afterAll, beforeAll, describe, test } from "vitest";
import { connect, KINDS } from "./real-server.js";

const server = env.SLUICE_S3_SERVER ?? "ceph";
const WAIVED: Readonly<Record<string, Waivers>> = {
  ceph: {
    O4: "Ceph 16.2 answers the completion of an aborted upload with 500 InternalError, not with NoSuchUpload; nothing is published, as fetch-store.real.test.ts checks",
    O8: "Ceph 16.2 compares the If-Match of a PUT with its quotes, so that it never matches; the rest of this law is in fetch-store.real.test.ts",
  },
  swift: {
    O8: "Swift 2.30 heeds no condition of a PUT, and answers with 501 NotImplemented",
    O12: "Swift 2.30 copies a range that ends beyond the object up to the object's end, where S3 refuses it; ranges within it are copied exactly, as compaction.real.test.ts of s3-upload checks",
    O13: "Swift 2.30 answers a request for a part by its number with 405 MethodNotAllowed, so that nobody takes anything else for the part",
  },
};
// Each of its requests takes Swift several times as long.
const RUNS = server === "swift" ? 1 : 2;
// Ceph and Swift compare Content-MD5 alone; they take the checksum headers and do not look at them.
const compares = server === "embedded" ? {} : { compares: ["md5" as const] };

describe.each(KINDS)("over %s", (kind) => {
  const store = connect(kind);
  const bucket = `sluice-laws-${randomUUID()}`;

  beforeAll(() => store.buckets!.create(bucket));
  afterAll(async () => {
    for (const upload of (await store.listMultiparts(bucket)).uploads) await store.abortMultipart(upload);
    for (let next: string | undefined = ""; next !== undefined; ) {
      const page = await store.list(bucket, { continuation: next || undefined });
      const { failed } = await store.deleteMany(
        bucket,
        page.objects.map(({ key }) => key),
      );
      if (failed.length > 0) throw new Error(`not deleted: ${failed[0]!.code}`);
      next = page.next;
    }
    await store.buckets!.delete(bucket);
  });

  const subject = () => ({ store, bucket, ...compares });

  for (const { id, says, waived, run } of storeLaws(subject, WAIVED[server])) {
    test(`${id}: ${says}`, (t) => (waived ? t.skip(waived) : run({ runs: RUNS })));
  }
});
