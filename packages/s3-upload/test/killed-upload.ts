import { renameSync, writeFileSync } from "node:fs";
import { upload } from "@sluice/s3-upload";
import { connect, lines } from "./real-server.js";

//  A process to be killed: uploads BUCKET KEY SIZE, writes each token to TOKENFILE, and tells how many parts have arrived.
//  It never ends by itself: its source stalls in the middle of the sixth part. So when it is killed there, no part is
//  on its way of which nobody could say whether it arrives.

const [bucket = "", key = "", size = "", tokenFile = ""] = process.argv.slice(2);
const PART = 5 * 2 ** 20;

async function* stalling() {
  let read = 0;
  for (const chunk of lines(Number(size))) {
    if (read > 5.5 * PART) await new Promise(() => setInterval(() => undefined, 1_000));
    read += chunk.length;
    yield chunk;
  }
}

await upload(connect(), { bucket, key }, stalling(), {
  partSize: PART,
  integrity: "md5",
  onCheckpoint(token) {
    writeFileSync(`${tokenFile}.new`, JSON.stringify(token));
    renameSync(`${tokenFile}.new`, tokenFile);
    const arrived = token.parts.split(",").filter(Boolean).length;
    // Told at the last that will ever arrive: the others are done by then.
    if (arrived === 5) process.stdout.write(`${arrived}\n`);
  },
});
