import { type Look, watchLive, watchRss } from "./looks.js";
import { peakRss, rss } from "./rss.js";
import { type Chunking, source } from "./source.js";
import type { Terms } from "./subject.js";
import { type Name, SUBJECTS } from "./subjects.js";

// node [--expose-gc] client.js CONFIG: uploads once, and says what it took.

export interface ClientConfig extends Terms {
  readonly subject: Name;
  readonly bytes: number;
  /** Bytes of an upload before the one that counts. */
  readonly warmUp: number;
  readonly chunking: Chunking;
  /** Whether to look how many bytes are alive. It costs time, so that the other figures say nothing then. */
  readonly live: boolean;
  /** Milliseconds from one look at the RSS to the next; 0 for none. */
  readonly every: number;
  /** Milliseconds after which the process ends, whatever happens. */
  readonly deadline: number;
}

export interface Figures {
  /** Seconds of processor time, of all threads of this process. */
  readonly cpu: number;
  /** Seconds that passed. */
  readonly seconds: number;
  /** Bytes before the first upload: Node, and what was imported. */
  readonly loaded: number;
  /** Bytes at the most, from the start of the process. */
  readonly peak: number;
  /** Bytes in array buffers that are reachable, at the most, beyond those before the upload. */
  readonly live?: number | undefined;
  readonly looks?: readonly Look[] | undefined;
}

const config = JSON.parse(process.argv[2]!) as ClientConfig;
setTimeout(() => process.exit(3), config.deadline).unref();
process.stdin.resume().once("close", () => process.exit(4));

const subject = (await SUBJECTS[config.subject]())(config);
const loaded = rss();
if (config.warmUp > 0) await subject.upload("warm-up", source(config.warmUp));
const live = config.live ? watchLive() : undefined;
const body = source(config.bytes, { chunking: config.chunking, onMib: live?.look });
const looks = config.every > 0 ? watchRss(config.every) : undefined;
const began = performance.now();
const cpu = process.cpuUsage();
await subject.upload("measured", body);
const { user, system } = process.cpuUsage(cpu);
const seconds = (performance.now() - began) / 1_000;
const figures: Figures = {
  cpu: (user + system) / 1e6,
  seconds,
  loaded,
  peak: peakRss(),
  live: live?.stop(),
  looks: looks?.(),
};
process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit(0));
