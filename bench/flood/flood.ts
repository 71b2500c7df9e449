import { join } from "node:path";
import type { Fate } from "./client.js";
import type { ClientsConfig } from "./clients.js";
import { FRAME } from "./frames.js";
import { readReport, type Sample, type Watch, watch } from "./group.js";
import type { Place } from "./place.js";
import type { Plan } from "./plan.js";
import { Program } from "./program.js";
import { runClients } from "./run-clients.js";
import type { LastWords, Listening, ServerConfig } from "./server.js";
import type { Variant } from "./variants.js";

/** What came of one flood. */
export interface Flooded {
  readonly variant: Variant;
  /** 137 for who was killed, 0 for who ended when it was asked to. */
  readonly exit: number;
  readonly oomKills: number;
  /** Bytes that the kernel counted against the limit, at the most. */
  readonly peak: number;
  /** Bytes of the process in memory, at the most, of what was seen. */
  readonly peakRss: number;
  /** Clients of any kind. */
  readonly clients: number;
  /** Clients that want all bytes and read to the end. */
  readonly wellBehaved: number;
  /** Those of them that have every byte, and the right ones. */
  readonly served: number;
  /** Bytes that clients have read. */
  readonly bytes: number;
  /** How often a client was answered 503. */
  readonly shed: number;
  /** How often a well-behaved client lost its answer half-way, and had to come again. */
  readonly cut: number;
  /** From the start of the clients to the end of the server. */
  readonly seconds: number;
  /** What the budget says at the end, where the server has lived to see it. */
  readonly budget: LastWords["budget"] | undefined;
  readonly samples: readonly Sample[];
}

const UNDER_LIMIT = join(import.meta.dirname, "../../.ci/under-limit");
const SAMPLE_MS = 50;

/**
 * Lets the crowd loose on one variant of the server, under the hard limit.
 *
 * - **Order:** one flood at a time, or they take each other's processor.
 * - **Abort:** both processes are stopped, and then this ends as if they had ended by themselves.
 * - **Errors:** if no group could be made, or a process did not start.
 */
export async function flood(
  variant: Variant,
  plan: Plan,
  place: Place,
  signal: AbortSignal,
): Promise<Flooded> {
  const { frames, share, maxWaiting, patience, idle, deadline } = plan;
  const config: ServerConfig = {
    variant,
    path: place.sealed,
    frames,
    share,
    maxWaiting,
    patience,
    idle,
    deadline: deadline + 15_000,
  };
  const report = join(place.folder, `report-${variant}`);
  const node = [process.execPath, place.server, JSON.stringify(config)];
  const server = new Program([UNDER_LIMIT, "--report", report, `${plan.limitMib}MiB`, ...node], signal);
  let watched: Watch | undefined;
  try {
    const listening = await server.next<Listening>();
    if (listening === undefined) throw new Error(`the server did not start: ${(await server.exit).said}`);
    watched = watch(report, SAMPLE_MS);
    const fates = await crowd(place, plan, listening.port, signal);
    server.end();
    const words = await server.next<LastWords>();
    const { code } = await server.exit;
    const { peak, oomKills } = readReport(report);
    const samples = untilKilled(watched.stop(), oomKills);
    const wellBehaved = fates.filter(({ kind }) => kind === "fast" || kind === "slow");
    return {
      variant,
      exit: code,
      oomKills,
      peak: peak ?? Math.max(...samples.map(({ group }) => group)),
      peakRss: Math.max(...samples.map(({ rss }) => rss)),
      clients: fates.length,
      wellBehaved: wellBehaved.length,
      served: wellBehaved.filter(({ end }) => end === "whole").length,
      bytes: sum(fates, ({ bytes }) => bytes),
      shed: sum(fates, ({ shed }) => shed),
      cut: sum(wellBehaved, ({ cut }) => cut),
      seconds: (samples.at(-1)?.ms ?? 0) / 1_000,
      budget: words?.budget,
      samples,
    };
  } finally {
    watched?.stop();
    server.end();
    await server.exit;
  }
}

/** Whoever is killed goes bit by bit, while the kernel takes its memory: what came after the highest sample is that. */
function untilKilled(samples: readonly Sample[], oomKills: number): readonly Sample[] {
  if (oomKills === 0) return samples;
  const highest = Math.max(...samples.map(({ group }) => group));
  return samples.slice(0, samples.findIndex(({ group }) => group === highest) + 1);
}

async function crowd(
  { clients, hash }: Place,
  { crowd, frames, deadline }: Plan,
  port: number,
  signal: AbortSignal,
): Promise<readonly Fate[]> {
  const config: ClientsConfig = { port, bytes: frames * FRAME, hash, crowd, times: 1, deadline };
  return (await runClients(clients, config, signal)).fates;
}

const sum = (fates: readonly Fate[], of: (fate: Fate) => number): number =>
  fates.reduce((total, fate) => total + of(fate), 0);
