import { nodeStore } from "@sluice/s3-fetch/node";
import type { Origin } from "./proxy.js";

// node passing-client.js CONFIG: puts or gets objects, several at a time, and says how long it took.

export interface PassingConfig {
  readonly to: Origin;
  readonly bucket: string;
  readonly kind: "put" | "get";
  /** Of each object; a bench server has one called so. */
  readonly bytes: number;
  readonly count: number;
  readonly concurrency: number;
  /** Milliseconds after which the process ends, whatever happens. */
  readonly deadline: number;
}

export interface Figures {
  /** Seconds that passed. */
  readonly seconds: number;
}

const config = JSON.parse(process.argv[2]!) as PassingConfig;
setTimeout(() => process.exit(3), config.deadline).unref();
process.stdin.resume().once("close", () => process.exit(4));

const { bucket, kind, bytes, count, concurrency } = config;
const { endpoint, region, accessKeyId, secretAccessKey } = config.to;
const store = nodeStore({
  endpoint,
  region,
  credentials: { accessKeyId, secretAccessKey },
  payload: "unsigned",
  maxSockets: concurrency,
});
const body = new Uint8Array(bytes).map((_, nth) => nth * 31);
const key = String(bytes);

async function one(): Promise<void> {
  if (kind === "put") {
    await store.put({ bucket, key }, body);
    return;
  }
  let received = 0;
  const got = await store.get({ bucket, key });
  for await (const chunk of got.body as unknown as AsyncIterable<Uint8Array>) received += chunk.length;
  if (received !== bytes) throw new Error(`${received} bytes came, and not ${bytes}`);
}

async function all(times: number): Promise<void> {
  let left = times;
  const line = async (): Promise<void> => {
    while (left-- > 0) await one();
  };
  await Promise.all(Array.from({ length: concurrency }, line));
}

// Connections, signing keys, and what compilers learn.
await all(concurrency);
const began = performance.now();
await all(count);
const figures: Figures = { seconds: (performance.now() - began) / 1_000 };
process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit(0));
