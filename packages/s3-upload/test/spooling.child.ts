import { faulty, MemoryStore, slow } from "@sluice/object-store";
import { upload } from "@sluice/s3-upload/node";

// Uploads into the directory until it is killed: the first part is never done with.
const memory = new MemoryStore({ limits: { minPartSize: 4, maxPartSize: 2 ** 20 } });
await memory.buckets.create("bucket");
const never = slow("putPart", () => {
  process.send?.("spooled");
  return new Promise(() => undefined);
});
// As long as somebody listens, the process stays.
process.on("message", () => undefined);
await upload(faulty(memory, [never]), { bucket: "bucket", key: "key" }, new Uint8Array(2 ** 20), {
  partSize: 2 ** 19,
  spool: { directory: process.argv[2]! },
});
