import { join } from "node:path";
import { Program } from "../flood/program.js";
import { KEYS, REGION } from "./keys.js";
import type { Figures, PassingConfig } from "./passing-client.js";
import type { PassPlan } from "./plan.js";
import type { LastWords, Listening, Origin, ProxyConfig } from "./proxy.js";

const GIB = 2 ** 30;
const MIB = 2 ** 20;

/** What is read or written, where, and by which way. */
export interface Way {
  /** The server behind: one that costs next to nothing; the same with slow connections; a real one. */
  readonly behind: "free" | "limited" | "real";
  readonly kind: "put" | "get";
  readonly proxied: boolean;
}

export interface Passed extends Way {
  readonly round: number;
  readonly mibPerSecond: number;
  /** Of the gateway. */
  readonly cpuPerGib?: number | undefined;
  readonly peakRss?: number | undefined;
  readonly peakHeld?: number | undefined;
}

/** All ways, each through the gateway right after the direct one. */
export const ways = (withReal: boolean): readonly Way[] =>
  [
    { behind: "free", kind: "put" } as const,
    { behind: "free", kind: "get" } as const,
    { behind: "limited", kind: "get" } as const,
    ...(withReal
      ? ([
          { behind: "real", kind: "put" },
          { behind: "real", kind: "get" },
        ] as const)
      : []),
  ].flatMap((way) => [
    { ...way, proxied: false },
    { ...way, proxied: true },
  ]);

/**
 * Passes objects from a client to a server, or back, directly or through the gateway.
 *
 * - **Order:** one at a time, or they take each other's processor.
 * - **Abort:** all processes are stopped, and this rejects.
 * - **Errors:** if a process did not start, or ended without a word.
 */
export async function pass(
  way: Way,
  round: number,
  plan: PassPlan,
  folder: string,
  real: (Origin & { readonly bucket: string }) | undefined,
  signal: AbortSignal,
): Promise<Passed> {
  const { bytes, count, concurrency, deadline, budget } = plan;
  const started: Program[] = [];
  const start = (program: string, config: unknown): Program => {
    const command = [process.execPath, join(folder, `${program}.mjs`), JSON.stringify(config)];
    const one = new Program(command, signal);
    started.push(one);
    return one;
  };
  try {
    const origin = real ?? (await behind(way, plan, start));
    let to = { ...origin };
    let proxy: Program | undefined;
    if (way.proxied) {
      const config: ProxyConfig = {
        origin,
        budget,
        frame: 0,
        waitTimeout: 60_000,
        idleTimeout: 60_000,
        maxPutSize: 5 * GIB,
        deadline,
      };
      proxy = start("proxy", config);
      to = { ...to, endpoint: (await hear<Listening>(proxy)).url, region: REGION, ...KEYS };
    }
    const terms: PassingConfig = {
      to,
      bucket: real?.bucket ?? "bench",
      kind: way.kind,
      bytes,
      count,
      concurrency,
      deadline,
    };
    const client = start("passing-client", terms);
    const { seconds } = await hear<Figures>(client);
    proxy?.end();
    const words = proxy === undefined ? undefined : await hear<LastWords>(proxy);
    // The first ones count as well, but for the time.
    const all = (count + concurrency) * bytes;
    return {
      ...way,
      round,
      mibPerSecond: Number(((count * bytes) / MIB / seconds).toFixed(1)),
      cpuPerGib: words && Number(((words.cpu * GIB) / all).toFixed(3)),
      peakRss: words?.peakRss,
      peakHeld: words?.budget.peakHeld,
    };
  } finally {
    for (const program of started.reverse()) {
      program.end();
      await program.exit;
    }
  }
}

/** A server that throws away what it is given, or makes up what is asked for. */
async function behind(
  { behind, kind }: Way,
  { deadline, rate }: PassPlan,
  start: (program: string, config: unknown) => Program,
): Promise<Origin> {
  const limited = { rate: behind === "limited" ? rate : 0, deadline };
  const program =
    kind === "put" ? start("upload/sink", { delay: 0, deadline }) : start("download/server", limited);
  const { endpoint } = await hear<{ readonly endpoint: string }>(program);
  return { endpoint, region: REGION, accessKeyId: "AKSINK", secretAccessKey: "nobody-asks-for-it" };
}

async function hear<T>(program: Program): Promise<T> {
  const words = await program.next<T>();
  if (words === undefined) throw new Error(`a process ended early: ${(await program.exit).said}`);
  return words;
}
