import { downloadToFile } from "@sluice/s3-download/node";
import { connect } from "./real-server.js";

//  A process to be killed: downloads BUCKET KEY to FILE, and tells how many bytes have been written.
//  It never ends by itself: it stalls when AFTER bytes have been written, in the middle of a range.

const [bucket = "", key = "", file = "", after = "", resume = ""] = process.argv.slice(2);

await downloadToFile(connect(), { bucket, key }, file, {
  rangeSize: "2MiB",
  resume: resume === "resume",
  syncEvery: "1MiB",
  onProgress({ loaded }) {
    if (loaded < Number(after)) return;
    process.stdout.write(`${loaded}\n`);
    // Whoever kills it does so now.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
});
