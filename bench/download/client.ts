import { createHash } from "node:crypto";
import { watchLive } from "../upload/looks.js";
import { peakRss, rss } from "../upload/rss.js";
import { WARM_UP } from "./plan.js";
import type { Terms } from "./subject.js";
import { type Name, SUBJECTS } from "./subjects.js";

// node [--expose-gc] client.js CONFIG: downloads once, and says what it took.

export interface ClientConfig extends Terms {
  readonly subject: Name;
  readonly bytes: number;
  /** SHA-256 of the object of `WARM_UP` bytes, which is read first. */
  readonly digest: string;
  /** Milliseconds for which nobody reads, while it is looked at what is alive; 0 to read all of it. */
  readonly stall: number;
  /** Milliseconds after which the process ends, whatever happens. */
  readonly deadline: number;
}

export interface Figures {
  /** Seconds of processor time, of all threads of this process. */
  readonly cpu: number;
  /** Seconds that passed. */
  readonly seconds: number;
  /** Bytes before the first download: Node, and what was imported. */
  readonly loaded: number;
  /** Bytes at the most, from the start of the process. */
  readonly peak: number;
  /** Bytes in array buffers that are reachable, at the most, beyond those before the download. */
  readonly live?: number | undefined;
}

const config = JSON.parse(process.argv[2]!) as ClientConfig;
setTimeout(() => process.exit(3), config.deadline).unref();
process.stdin.resume().once("close", () => process.exit(4));

const subject = (await SUBJECTS[config.subject]())(config);
const loaded = rss();
const hash = createHash("sha256");
await subject.read(String(WARM_UP), (chunk) => hash.update(chunk));
if (hash.digest("hex") !== config.digest) throw new Error("these are not the bytes of the object");

const figures = config.stall > 0 ? await stalling() : await reading();
process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit(0));

async function reading(): Promise<Figures> {
  let bytes = 0;
  const began = performance.now();
  const cpu = process.cpuUsage();
  await subject.read(String(config.bytes), (chunk) => {
    bytes += chunk.byteLength;
  });
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - began) / 1_000;
  if (bytes !== config.bytes) throw new Error(`${bytes} bytes came, and not ${config.bytes}`);
  return { cpu: (user + system) / 1e6, seconds, loaded, peak: peakRss() };
}

async function stalling(): Promise<Figures> {
  const live = watchLive();
  const end = await subject.stall(String(config.bytes));
  await new Promise((resolve) => setTimeout(resolve, config.stall));
  const most = live.stop();
  await end();
  return { cpu: 0, seconds: 0, loaded, peak: peakRss(), live: most };
}
