import { join } from "node:path";
import { readReport, type Sample, watch } from "../flood/group.js";
import { Program } from "../flood/program.js";
import type { CrowdConfig, Fates } from "./crowd.js";
import type { Fate } from "./crowd-client.js";
import { KEYS, REGION } from "./keys.js";
import type { Crowd, FloodPlan } from "./plan.js";
import type { LastWords, Listening, ProxyConfig } from "./proxy.js";

/** What came of one crowd at one gateway. */
export interface Flooded {
  readonly crowd: string;
  readonly limitMib: number;
  readonly governed: boolean;
  /** What was to come of it without governance. */
  readonly expected: Crowd["ungoverned"];
  /** 137 for who was killed, 0 for who ended when it was asked to. */
  readonly exit: number;
  readonly oomKills: number;
  /** Bytes that the kernel counted against the limit, at the most. */
  readonly peak: number;
  readonly peakRss: number;
  /** Requests that were to succeed, or to be told when to come again. */
  readonly asked: number;
  readonly done: number;
  /** Told to come again, by who asks only once. */
  readonly told: number;
  /** All 503s. */
  readonly shed: number;
  readonly cut: number;
  /** Of those that were neither done nor told. */
  readonly said: readonly string[];
  /** Whether what was sent is what the server keeps. */
  readonly whole: boolean;
  readonly seconds: number;
  readonly words: LastWords | undefined;
  readonly samples: readonly Sample[];
}

const UNDER_LIMIT = join(import.meta.dirname, "../../.ci/under-limit");
const SAMPLE_MS = 50;
/** More than any machine has: whoever asks is let in. */
const UNGOVERNED = 2 ** 50;

/**
 * Lets a crowd loose on a gateway under a hard limit. The clients, and the server behind the gateway, are outside of it.
 *
 * - **Order:** one flood at a time, or they take each other's processor.
 * - **Abort:** all processes are stopped, and then this ends as if they had ended by themselves.
 * - **Errors:** if no group could be made, or a process did not start.
 */
export async function flood(
  crowd: Crowd,
  { limitMib, governed }: { readonly limitMib: number; readonly governed: boolean },
  plan: FloodPlan,
  folder: string,
  signal: AbortSignal,
): Promise<Flooded> {
  const { deadline, waitTimeout, idleTimeout, bytes, partBytes, frame } = plan;
  const node = (program: string, config: unknown): string[] => [
    process.execPath,
    join(folder, `${program}.mjs`),
    JSON.stringify(config),
  ];
  const started: Program[] = [];
  const start = (command: readonly string[]): Program => {
    const program = new Program(command, signal);
    started.push(program);
    return program;
  };
  try {
    const origin = start(node("origin", { deadline: deadline + 60_000 }));
    const { url: endpoint } = await hear<Listening>(origin, "the server behind the gateway");
    const config: ProxyConfig = {
      origin: { endpoint, region: REGION, ...KEYS },
      budget: governed ? plan.budget : UNGOVERNED,
      frame,
      waitTimeout,
      idleTimeout,
      maxPutSize: 5 * 2 ** 30,
      deadline: deadline + 30_000,
    };
    const report = join(folder, `report-${crowd.id}-${limitMib}-${governed}`);
    const proxy = start([UNDER_LIMIT, "--report", report, `${limitMib}MiB`, ...node("proxy", config)]);
    const { url } = await hear<Listening>(proxy, "the gateway");
    const terms: CrowdConfig = { url, crowd: crowd.crowd, times: crowd.times, bytes, partBytes, deadline };
    const clients = start(node("crowd", terms));
    await hear(clients, "the clients");
    const watched = watch(report, SAMPLE_MS);
    // Whoever was killed answers nobody: then there is nothing to wait for.
    const fates = await Promise.race([clients.next<Fates>(), proxy.exit.then(() => undefined)]);
    const samples = watched.stop();
    proxy.end();
    const words = await proxy.next<LastWords>();
    const { code } = await proxy.exit;
    const { peak, oomKills } = readReport(report);
    const ends = fates?.fates ?? [];
    const lost = ends.filter(({ end }) => end === "wrong" || end === "lost");
    return {
      crowd: crowd.id,
      limitMib,
      governed,
      expected: governed ? undefined : crowd.ungoverned,
      exit: code,
      oomKills,
      peak: peak ?? Math.max(...samples.map(({ group }) => group)),
      peakRss: words?.peakRss ?? Math.max(...samples.map(({ rss }) => rss)),
      asked: crowd.times * Object.values(crowd.crowd).reduce((sum, count) => sum + count, 0),
      done: count(ends, "done"),
      told: count(ends, "told"),
      shed: ends.reduce((sum, { shed }) => sum + shed, 0),
      cut: ends.reduce((sum, { cut }) => sum + cut, 0),
      said: [...new Set(lost.map(({ said }) => said ?? "nothing"))].slice(0, 3),
      whole: fates !== undefined && fates.kept === fates.expected,
      seconds: (samples.at(-1)?.ms ?? 0) / 1_000,
      words,
      samples,
    };
  } finally {
    for (const program of started.reverse()) {
      program.end();
      await program.exit;
    }
  }
}

async function hear<T>(program: Program, who: string): Promise<T> {
  const words = await program.next<T>();
  if (words === undefined) throw new Error(`${who} did not start: ${(await program.exit).said}`);
  return words;
}

const count = (fates: readonly Fate[], wanted: Fate["end"]): number =>
  fates.filter(({ end }) => end === wanted).length;
