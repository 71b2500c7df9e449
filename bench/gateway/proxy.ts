import { encryptedStore } from "@sluice/s3-encryption";
import { nodeStore } from "@sluice/s3-fetch/node";
import { createGateway } from "@sluice/s3-gateway";
import { serve } from "@sluice/s3-gateway/node";
import { MemoryBudget } from "@sluice/semaphore";
import { peakRss } from "../upload/rss.js";
import { KEYS, REGION } from "./keys.js";

// node proxy.js CONFIG: a gateway in front of an S3 server. Says {"url"} when it listens, and its last words when stdin has
// ended.

export interface ProxyConfig {
  readonly origin: Origin;
  /** Bytes. */
  readonly budget: number;
  /** Bytes of a frame that is encrypted as one; 0 for none. */
  readonly frame: number;
  /** Milliseconds that a request waits for its turn. */
  readonly waitTimeout: number;
  /** Milliseconds without one byte of progress, after which a client loses its request. */
  readonly idleTimeout: number;
  /** Bytes that one PUT may have. */
  readonly maxPutSize: number;
  /** Milliseconds after which the process ends, whatever happens. */
  readonly deadline: number;
}

/** What stands behind it. */
export interface Origin {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface Listening {
  readonly url: string;
}

export interface LastWords {
  readonly budget: { readonly capacity: number; readonly held: number; readonly peakHeld: number };
  /** Seconds of processor time since it listened. */
  readonly cpu: number;
  readonly peakRss: number;
  /** How many requests ended with which status. */
  readonly statuses: Readonly<Record<string, number>>;
}

const config = JSON.parse(process.argv[2]!) as ProxyConfig;
setTimeout(() => process.exit(3), config.deadline).unref();

const { endpoint, region, accessKeyId, secretAccessKey } = config.origin;
const upstream = nodeStore({
  endpoint,
  region,
  credentials: { accessKeyId, secretAccessKey },
  // As many as the budget lets in, and those that need no permit.
  maxSockets: 1_000,
  limits: { maxPutSize: config.maxPutSize },
});
const keys = { current: "bench", get: () => new Uint8Array(32).fill(7) };
const store = config.frame > 0 ? encryptedStore(upstream, { keys, frameSize: config.frame }) : upstream;
const budget = new MemoryBudget(config.budget);
const statuses: Record<string, number> = {};
const gateway = createGateway({
  store,
  budget,
  waitTimeout: config.waitTimeout,
  authenticate: (id) => (id === KEYS.accessKeyId ? KEYS : undefined),
  region: REGION,
  limits: { idleTimeout: config.idleTimeout },
  onEvent: ({ status }) => {
    statuses[status] = (statuses[status] ?? 0) + 1;
  },
});
const serving = await serve(gateway, { port: 0, graceTimeout: 1_000 });
const cpu = process.cpuUsage();
say({ url: serving.url });

// Also when whoever started this is gone.
process.stdin.resume().once("close", async () => {
  const { user, system } = process.cpuUsage(cpu);
  await serving.close();
  await budget.whenIdle({ timeout: 2_000 }).catch(() => undefined);
  const { capacity, held, peakHeld } = budget.snapshot();
  const words: LastWords = {
    budget: { capacity, held, peakHeld },
    cpu: (user + system) / 1e6,
    peakRss: peakRss(),
    statuses,
  };
  process.stdout.write(`${JSON.stringify(words)}\n`, () => process.exit(0));
});

function say(words: Listening): void {
  process.stdout.write(`${JSON.stringify(words)}\n`);
}
