import type { Figures } from "./client.js";
import { pass } from "./pass.js";
import type { Plan } from "./plan.js";
import type { Served } from "./server.js";
import { isOurs, NAMES, type Name } from "./subjects.js";

/** One download that counted: from a server that sends what it can, or at a rate for each connection. */
export interface Passed {
  readonly subject: Name;
  /** Ranges at a time; 1 for who knows no ranges. */
  readonly window: number;
  readonly limited: boolean;
  readonly round: number;
  /** Seconds of processor time. */
  readonly cpuPerGib: number;
  readonly mibPerSecond: number;
  /** Bytes in memory: before the first download, and at the most. */
  readonly loaded: number;
  readonly peak: number;
  readonly requests: number;
  readonly connections: number;
}

export interface Measured {
  readonly passed: readonly Passed[];
  /** Bytes that were alive at the most while nobody read. */
  readonly alive: readonly { readonly subject: Name; readonly bytes: number }[];
  readonly failed: readonly { readonly subject: Name; readonly what: string; readonly failed: string }[];
}

const GIB = 2 ** 30;
const MIB = 2 ** 20;

/**
 * Measures all subjects, each download in a process of its own.
 *
 * - **Order:** round by round, and in each all subjects, then all again at a limited rate: what the machine does besides
 *   for a while, it does to all of them. In the end, once, what is alive.
 * - **Abort:** the processes are stopped, and this rejects.
 * - **Errors:** a subject that fails is an outcome.
 */
export async function play(
  folder: string,
  plan: Plan,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<Measured> {
  const passed: Passed[] = [];
  const alive: Measured["alive"][number][] = [];
  const failed: Measured["failed"][number][] = [];
  const attempt = async (subject: Name, what: string, task: () => Promise<string>): Promise<void> => {
    try {
      tell(`${what}  ${subject}  ${await task()}`);
    } catch (error) {
      signal.throwIfAborted();
      failed.push({ subject, what, failed: String(error) });
      tell(`${what}  ${subject}  ${error}`);
    }
  };
  const { rangeSize, deadline, window, rate } = plan;
  const time = (subject: Name, round: number, terms: { bytes: number; window: number; rate: number }) =>
    attempt(
      subject,
      `${round}/${plan.rounds}  ${terms.rate > 0 ? `limited, ${terms.window}` : "free"}`,
      async () => {
        const figures = await pass(folder, { subject, rangeSize, deadline, stall: 0, ...terms }, signal);
        const one = passedOf(figures, subject, round, terms);
        passed.push(one);
        const { cpuPerGib, mibPerSecond, peak } = one;
        return `${cpuPerGib.toFixed(2)} s/GiB  ${Math.round(mibPerSecond)} MiB/s  ${Math.round(peak / MIB)} MiB`;
      },
    );
  for (let round = 1; round <= plan.rounds; round++) {
    for (const subject of NAMES) {
      await time(subject, round, { bytes: plan.bytes, window: isOurs(subject) ? window : 1, rate: 0 });
    }
    for (const subject of NAMES) {
      for (const window of isOurs(subject) ? plan.windows : [1]) {
        await time(subject, round, { bytes: window * plan.bytesEach, window, rate });
      }
    }
  }
  for (const subject of NAMES) {
    await attempt(subject, "alive", async () => {
      const { bytes, stall } = plan;
      const asked = { subject, bytes, window, rangeSize, deadline, stall, rate: 0 };
      const { live } = await pass(folder, asked, signal);
      if (live === undefined) throw new Error("nothing was said of what is alive");
      alive.push({ subject, bytes: live });
      return `${(live / MIB).toFixed(1)} MiB`;
    });
  }
  return { passed, alive, failed };
}

const passedOf = (
  { cpu, seconds, loaded, peak, requests, connections }: Figures & Served,
  subject: Name,
  round: number,
  { bytes, window, rate }: { bytes: number; window: number; rate: number },
): Passed => ({
  subject,
  window,
  limited: rate > 0,
  round,
  cpuPerGib: Number(((cpu * GIB) / bytes).toFixed(3)),
  mibPerSecond: Number((bytes / MIB / seconds).toFixed(1)),
  loaded,
  peak,
  requests,
  connections,
});
