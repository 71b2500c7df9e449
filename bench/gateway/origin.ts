import { MemoryStore } from "@sluice/object-store";
import { createGateway } from "@sluice/s3-gateway";
import { serve } from "@sluice/s3-gateway/node";
import { MemoryBudget } from "@sluice/semaphore";
import { BUCKET, KEYS, REGION } from "./keys.js";

// node origin.js CONFIG: an S3 server that keeps objects in memory. Says {"url"} when it listens; ends with its stdin.

export interface OriginConfig {
  /** Milliseconds after which the process ends, whatever happens. */
  readonly deadline: number;
}

const config = JSON.parse(process.argv[2]!) as OriginConfig;
setTimeout(() => process.exit(3), config.deadline).unref();

const store = new MemoryStore();
await store.buckets.create(BUCKET);
const gateway = createGateway({
  store,
  budget: new MemoryBudget("16GiB"),
  authenticate: (id) => (id === KEYS.accessKeyId ? KEYS : undefined),
  region: REGION,
});
const { url } = await serve(gateway, { port: 0, graceTimeout: 100 });
process.stdout.write(`${JSON.stringify({ url })}\n`);
process.stdin.resume().once("close", () => process.exit(0));
