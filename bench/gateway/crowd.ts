import { createHash } from "node:crypto";
import { setMaxListeners } from "node:events";
import { nodeStore } from "@sluice/s3-fetch/node";
import { client, type Fate, type Wish } from "./crowd-client.js";
import { BUCKET, KEYS, REGION } from "./keys.js";

// node crowd.js CONFIG: all clients at once, in one process; says their fates.

export interface CrowdConfig {
  readonly url: string;
  readonly crowd: Readonly<Partial<Record<Wish, number>>>;
  /** How often each of them comes, one time after the other. */
  readonly times: number;
  /** Of an object, and of a part. */
  readonly bytes: number;
  readonly partBytes: number;
  /** Milliseconds after which all hang up. */
  readonly deadline: number;
}

export interface Fates {
  /** One for each time that a client came. */
  readonly fates: readonly Fate[];
  readonly seconds: number;
  /** Bytes of what was put and sent in parts, as the server lists it in the end; what should be there. */
  readonly kept: number;
  readonly expected: number;
}

const config = JSON.parse(process.argv[2]!) as CrowdConfig;
setTimeout(() => process.exit(3), config.deadline + 10_000).unref();
// If whoever started this is gone, nobody wants to know.
process.stdin.resume().once("close", () => process.exit(4));

const over = new AbortController();
setMaxListeners(0, over.signal);
setTimeout(() => over.abort(), config.deadline).unref();

const store = nodeStore({
  endpoint: config.url,
  region: REGION,
  credentials: KEYS,
  payload: "unsigned",
  maxSockets: 2_000,
  // Whoever waits for its turn at the gateway is patient.
  headersTimeout: config.deadline,
  idleTimeout: config.deadline,
});

const filled = (length: number): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 167) ^ (at >>> 11);
  return bytes;
};
const bytes = filled(config.bytes);
const hash = createHash("sha256").update(bytes).digest("hex");
const [key, partsKey] = ["wanted", "of-parts"];
await store.put({ bucket: BUCKET, key }, bytes);
const upload = await store.createMultipart({ bucket: BUCKET, key: partsKey });
const matter = { store, key, bytes, hash, part: filled(config.partBytes), upload };
process.stdout.write(`${JSON.stringify({ ready: true })}\n`);

// In turns, so that no kind is in front of all others.
const wishes = Object.entries(config.crowd)
  .flatMap(([wish, count]) =>
    Array.from({ length: count }, (_, nth) => ({ wish: wish as Wish, nth, at: (nth + 0.5) / count })),
  )
  .sort((a, b) => a.at - b.at);

const began = performance.now();
const all = await Promise.all(
  wishes.map(async ({ wish, nth }) => {
    const fates: Fate[] = [];
    for (let time = 0; time < config.times; time++) fates.push(await client(wish, nth, matter, over.signal));
    return fates;
  }),
);
const seconds = (performance.now() - began) / 1_000;
const fates = all.flat();
const { put = 0, part = 0 } = config.crowd;
const expected = put * config.bytes + part * config.partBytes;
const kept = await keptBytes().catch(() => -1);
const says: Fates = { fates, seconds, kept, expected };
process.stdout.write(`${JSON.stringify(says)}\n`, () => process.exit(0));

async function keptBytes(): Promise<number> {
  const sizes = { put: 0, parts: 0 };
  for (const { size } of (await store.list(BUCKET, { prefix: "put-" })).objects) sizes.put += size;
  if (part > 0) {
    const { parts } = await store.listParts(upload);
    const { size } = await store
      .completeMultipart(upload, parts)
      .then(() => store.head({ bucket: BUCKET, key: partsKey }));
    sizes.parts = size;
  }
  return sizes.put + sizes.parts;
}
