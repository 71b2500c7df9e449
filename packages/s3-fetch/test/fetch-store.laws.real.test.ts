import { randomUUID } from "node:crypto";
import { storeLaws } from "@sluice/laws";
import { afterAll, beforeAll, describe, test } from "vitest";
import { connect, KINDS } from "./real-server.js";

const onCeph = process.env.SLUICE_S3_SERVER !== "embedded";
const ofCeph = {
  O4: "Ceph 16.2 answers the completion of an aborted upload with 500 InternalError, not with NoSuchUpload; nothing is published, as fetch-store.real.test.ts checks",
  O8: "Ceph 16.2 compares the If-Match of a PUT with its quotes, so that it never matches; the rest of this law is in fetch-store.real.test.ts",
};

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

  // Ceph compares Content-MD5 alone; it takes the checksum headers and does not look at them.
  const subject = () => ({ store, bucket, ...(onCeph && { compares: ["md5" as const] }) });

  for (const { id, says, waived, run } of storeLaws(subject, onCeph ? ofCeph : {})) {
    test(`${id}: ${says}`, (t) => (waived ? t.skip(waived) : run({ runs: 3 })));
  }
});
