import { join } from "node:path";
import { Program } from "../flood/program.js";
import { REGION } from "./keys.js";
import type { LastWords, Listening, ProxyConfig } from "./proxy.js";

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** One PUT of some length, through a gateway that did nothing before. */
export interface Long {
  readonly bytes: number;
  readonly seconds: number;
  /** Bytes of the gateway's process in memory, and of its budget, at the most. */
  readonly peakRss: number;
  readonly peakHeld: number;
  /** Seconds of the gateway's processor time. */
  readonly cpu: number;
}

export const LENGTHS = (gib: number): readonly number[] => [10 * MIB, GIB, gib * GIB];

/**
 * Puts one object through the gateway to a server that throws it away and counts.
 *
 * - **Order:** one at a time.
 * - **Abort:** all processes are stopped, and this rejects.
 * - **Errors:** if a byte is missing.
 */
export async function long(folder: string, bytes: number, signal: AbortSignal): Promise<Long> {
  const deadline = 60_000 + 60_000 * (bytes / GIB);
  const started: Program[] = [];
  const start = (program: string, config: unknown): Program => {
    const command = [process.execPath, join(folder, `${program}.mjs`), JSON.stringify(config)];
    const one = new Program(command, signal);
    started.push(one);
    return one;
  };
  const hear = async <T>(program: Program): Promise<T> => {
    const words = await program.next<T>();
    if (words === undefined) throw new Error(`a process ended early: ${(await program.exit).said}`);
    return words;
  };
  try {
    const sink = start("upload/sink", { delay: 0, deadline });
    const { endpoint } = await hear<{ readonly endpoint: string }>(sink);
    const config: ProxyConfig = {
      origin: { endpoint, region: REGION, accessKeyId: "AKSINK", secretAccessKey: "nobody-asks-for-it" },
      budget: 64 * MIB,
      frame: 0,
      waitTimeout: 10_000,
      idleTimeout: 60_000,
      maxPutSize: 64 * GIB,
      deadline,
    };
    const proxy = start("proxy", config);
    const { url } = await hear<Listening>(proxy);
    const client = start("long-client", { url, bytes, deadline });
    const { seconds } = await hear<{ readonly seconds: number }>(client);
    proxy.end();
    const { peakRss, budget, cpu } = await hear<LastWords>(proxy);
    sink.end();
    const given = await hear<{ readonly bytes: number }>(sink);
    if (given.bytes !== bytes) throw new Error(`${given.bytes} bytes have arrived, of ${bytes}`);
    return { bytes, seconds, peakRss, peakHeld: budget.peakHeld, cpu };
  } finally {
    for (const program of started.reverse()) {
      program.end();
      await program.exit;
    }
  }
}
