import type { Figures } from "./client.js";
import { pass } from "./pass.js";
import { type Certificate, certify, type Place } from "./place.js";
import { HELD_BACK, type Plan } from "./plan.js";
import { NAMES, type Name } from "./subjects.js";

export type Over = "http" | "https";

/** One upload that counted. */
export interface Passed {
  readonly subject: Name;
  readonly over: Over;
  readonly round: number;
  /** Seconds of processor time. */
  readonly cpuPerGib: number;
  readonly mibPerSecond: number;
  /** Bytes in memory: before the first upload, and at the most. */
  readonly loaded: number;
  readonly peak: number;
}

/** Bytes that were alive at the most, at either chunking. */
export interface Alive {
  readonly subject: Name;
  readonly blocks: number;
  readonly views: number;
}

export interface Failed {
  readonly subject: Name;
  readonly what: string;
  readonly failed: string;
}

export interface Measured {
  readonly passed: readonly Passed[];
  readonly alive: readonly Alive[];
  readonly failed: readonly Failed[];
}

const GIB = 2 ** 30;
const MIB = 2 ** 20;

/**
 * Measures all subjects, each upload in a process of its own.
 *
 * - **Order:** round by round, and in each all subjects over http, then over TLS: what the machine does besides for a
 *   while, it does to all of them. In the end, once, what is alive.
 * - **Abort:** the processes are stopped, and this rejects.
 * - **Errors:** a subject that fails is an outcome.
 */
export async function play(
  place: Place,
  plan: Plan,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<Measured> {
  const passed: Passed[] = [];
  const alive: Alive[] = [];
  const failed: Failed[] = [];
  const certificate = await certify(place);
  const attempt = async (subject: Name, what: string, task: () => Promise<string>): Promise<void> => {
    try {
      tell(`${what}  ${subject}  ${await task()}`);
    } catch (error) {
      signal.throwIfAborted();
      failed.push({ subject, what, failed: String(error) });
      tell(`${what}  ${subject}  ${error}`);
    }
  };
  for (let round = 1; round <= plan.rounds; round++) {
    for (const over of ["http", "https"] as const) {
      for (const subject of NAMES) {
        await attempt(subject, `${round}/${plan.rounds}  ${over}`, async () => {
          const figures = await timed(
            place,
            plan,
            subject,
            over === "https" ? certificate : undefined,
            signal,
          );
          const one = passedOf(figures, plan, subject, over, round);
          passed.push(one);
          const { cpuPerGib, mibPerSecond, peak } = one;
          return `${cpuPerGib.toFixed(2)} s/GiB  ${Math.round(mibPerSecond)} MiB/s  ${Math.round(peak / MIB)} MiB`;
        });
      }
    }
  }
  for (const subject of NAMES) {
    await attempt(subject, "alive", async () => {
      const blocks = await live(place, plan, subject, "blocks", signal);
      const views = await live(place, plan, subject, "views", signal);
      alive.push({ subject, blocks, views });
      return `${(blocks / MIB).toFixed(1)} MiB, views ${(views / MIB).toFixed(1)} MiB`;
    });
  }
  return { passed, alive, failed };
}

function timed(
  place: Place,
  { bytes, warmUp, partSize, slots, deadline }: Plan,
  subject: Name,
  certificate: Certificate | undefined,
  signal: AbortSignal,
): Promise<Figures> {
  const upload = { subject, bytes, warmUp, chunking: "blocks", partSize, slots } as const;
  return pass(place, { ...upload, certificate, live: false, every: 0, delay: 0, deadline }, signal);
}

function passedOf(
  { cpu, seconds, loaded, peak }: Figures,
  { bytes }: Plan,
  subject: Name,
  over: Over,
  round: number,
): Passed {
  const cpuPerGib = Number(((cpu * GIB) / bytes).toFixed(3));
  const mibPerSecond = Math.round(bytes / MIB / seconds);
  return { subject, over, round, cpuPerGib, mibPerSecond, loaded, peak };
}

async function live(
  place: Place,
  { liveBytes, viewBytes, partSize, slots, deadline }: Plan,
  subject: Name,
  chunking: "blocks" | "views",
  signal: AbortSignal,
): Promise<number> {
  const bytes = chunking === "blocks" ? liveBytes : viewBytes;
  const upload = { subject, bytes, warmUp: 0, chunking, partSize, slots, deadline };
  const figures = await pass(place, { ...upload, live: true, every: 0, delay: HELD_BACK }, signal);
  if (figures.live === undefined) throw new Error("nothing was said of what is alive");
  return figures.live;
}
