import { nodeStore } from "@sluice/s3-fetch/node";
import { BUCKET, KEYS, REGION } from "./keys.js";

// node long-client.js CONFIG: puts one object, made as it is sent, and says how long it took.

interface LongConfig {
  readonly url: string;
  readonly bytes: number;
  readonly deadline: number;
}

const { url, bytes, deadline } = JSON.parse(process.argv[2]!) as LongConfig;
setTimeout(() => process.exit(3), deadline).unref();
process.stdin.resume().once("close", () => process.exit(4));

const store = nodeStore({
  endpoint: url,
  region: REGION,
  credentials: KEYS,
  payload: "unsigned",
  limits: { maxPutSize: bytes },
});
const block = new Uint8Array(256 * 1024).map((_, nth) => nth * 31);
let left = bytes;
const stream = new ReadableStream<Uint8Array>(
  {
    pull(controller) {
      const length = Math.min(left, block.length);
      left -= length;
      controller.enqueue(block.subarray(0, length));
      if (left === 0) controller.close();
    },
  },
  { highWaterMark: 0 },
);
const began = performance.now();
await store.put({ bucket: BUCKET, key: "long" }, { stream, length: bytes });
const seconds = (performance.now() - began) / 1_000;
process.stdout.write(`${JSON.stringify({ seconds })}\n`, () => process.exit(0));
