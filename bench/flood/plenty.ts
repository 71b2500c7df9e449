import { median } from "../src/run/median.js";
import { FRAME } from "./frames.js";
import type { Place } from "./place.js";
import { Program } from "./program.js";
import { runClients } from "./run-clients.js";
import type { LastWords, Listening, ServerConfig } from "./server.js";
import type { Variant } from "./variants.js";

// What governance costs where it changes nothing: no limit, and memory for everybody.

const CLIENTS = 8;
const TIMES = 6;
const DEADLINE_MS = 60_000;
const GIB = 2 ** 30;

/** The goal: the governed server's throughput, of the ungoverned one's. */
export const AT_LEAST = 0.95;

interface Round {
  readonly variant: Variant;
  readonly mibPerSecond: number;
  /** Seconds of processor time that the server took for a GiB. */
  readonly cpuPerGib: number;
}

export interface Plenty {
  readonly clients: number;
  readonly times: number;
  readonly rounds: readonly Round[];
}

/**
 * Serves a few fast clients without a limit, governed and not in turns, each round in processes of its own.
 *
 * - **Order:** none, admit, admit, none, …: what grows slower in the meantime does so for both.
 * - **Abort:** the processes are stopped, and this rejects.
 * - **Errors:** if a byte is missing.
 */
export async function plenty(
  place: Place,
  frames: number,
  count: number,
  signal: AbortSignal,
): Promise<Plenty> {
  const rounds: Round[] = [];
  for (let nth = 0; nth < count; nth++) {
    const pair: readonly Variant[] = nth % 2 === 0 ? ["none", "admit"] : ["admit", "none"];
    for (const variant of pair) rounds.push(await round(variant, place, frames, signal));
  }
  return { clients: CLIENTS, times: TIMES, rounds };
}

async function round(variant: Variant, place: Place, frames: number, signal: AbortSignal): Promise<Round> {
  const config: ServerConfig = {
    variant,
    path: place.sealed,
    frames,
    share: 0.5,
    maxWaiting: CLIENTS,
    patience: DEADLINE_MS,
    idle: DEADLINE_MS,
    deadline: 2 * DEADLINE_MS,
  };
  const server = new Program([process.execPath, place.server, JSON.stringify(config)], signal);
  try {
    const listening = await server.next<Listening>();
    if (listening === undefined) throw new Error(`the server did not start: ${(await server.exit).said}`);
    const { fates, seconds } = await runClients(
      place.clients,
      {
        port: listening.port,
        bytes: frames * FRAME,
        crowd: { fast: CLIENTS },
        times: TIMES,
        deadline: DEADLINE_MS,
      },
      signal,
    );
    if (fates.some(({ end }) => end !== "whole")) throw new Error("a client did not get all bytes");
    server.end();
    const words = await server.next<LastWords>();
    if (words === undefined) throw new Error(`the server ended early: ${(await server.exit).said}`);
    const bytes = CLIENTS * TIMES * frames * FRAME;
    return { variant, mibPerSecond: bytes / 2 ** 20 / seconds, cpuPerGib: (words.cpuSeconds / bytes) * GIB };
  } finally {
    server.end();
    await server.exit;
  }
}

export const medianOf = (
  { rounds }: Plenty,
  variant: Variant,
  figure: "mibPerSecond" | "cpuPerGib",
): number => median(rounds.filter((round) => round.variant === variant).map((round) => round[figure]));
