import { faulty, hang, MemoryStore } from "@sluice/object-store";
import { upload } from "@sluice/s3-upload/node";

// Uploads into the directory until it is killed: the first part is never done with.
const memory = new MemoryStore({ limits: { minPartSize: 4, maxPartSize: 2 ** 20 } });
await memory.buckets.create("bucket");
const store = faulty(memory, [hang("putPart")]);
const body = (async function* () {
  yield new Uint8Array(2 ** 20);
  setTimeout(() => process.send?.("spooled"), 10);
  await new Promise(() => setInterval(() => undefined, 1_000));
})();
await upload(store, { bucket: "bucket", key: "key" }, body, {
  partSize: 2 ** 19,
  spool: { directory: process.argv[2]! },
});
