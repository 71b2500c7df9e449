import { access, constants, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { MemoryBudget } from "@sluice/semaphore";
import { FailedError, UsageError } from "../failure.js";
import type { Io } from "../io.js";
import { plan } from "../plan.js";
import { sizeText, speedText } from "../size-text.js";
import { writeAll } from "../write-all.js";
import { chart } from "./chart.js";
import { Gauge } from "./gauge.js";
import { findPlace, type PlaceOptions } from "./place.js";
import { CONSUMER_SPEED, receiveAll, sendAll, type Trip } from "./round-trip.js";
import { ticker } from "./ticker.js";

export interface DemoOptions extends PlaceOptions {
  /** Bytes. */
  readonly size: number;
  /** Bytes. */
  readonly budget: number;
  readonly chart?: string | undefined;
}

interface Phase {
  readonly name: string;
  /** Milliseconds. */
  readonly at: number;
  readonly took: number;
  readonly digest: string;
}

/**
 * Sends a stream and receives it again inside one budget, and shows the memory that it took.
 *
 * - **Order:** none.
 * - **Abort:** by `io.signal`; rejects with its reason when no process, file, bucket or upload is left.
 * - **Errors:** `ERR_FAILED` if the bytes differ or the budget was exceeded; `ERR_SERVER_DIED`; the store's own.
 */
export async function demo(options: DemoOptions, io: Io): Promise<void> {
  if (options.bucket !== undefined && options.endpoint === undefined) {
    throw new UsageError("--bucket needs --endpoint: the embedded server has a bucket of its own");
  }
  // What is bound to fail does so before a server is started for nothing.
  plan({ budget: options.budget, length: options.size });
  const file = chartFile(options);
  await access(dirname(file), constants.W_OK);
  const stop = new AbortController();
  const onInterrupt = () => stop.abort(io.signal.reason);
  io.signal.throwIfAborted();
  io.signal.addEventListener("abort", onInterrupt, { once: true });
  const budget = new MemoryBudget(options.budget, { name: "demo" });
  const gauge = new Gauge(() => budget.held);
  try {
    const place = await findPlace(options, io, stop.signal, (death) => stop.abort(death));
    try {
      io.stdout.write(
        `${sizeText(options.size)} to ${place.says} and back, budget ${sizeText(options.budget)}\n`,
      );
      const { store, target } = place;
      const trip = { store, target, size: options.size, budget, signal: stop.signal };
      const phases = await roundTrip(trip, gauge, io);
      gauge.stop();
      await tell(phases, options, budget, gauge, file, io);
    } catch (cause) {
      if (io.signal.aborted) io.stderr.write("stopping, and taking away what was made …\n");
      // Why it failed is what matters; a server that is gone cannot be tidied either.
      await place.clear().catch(() => {});
      throw stop.signal.aborted ? stop.signal.reason : cause;
    }
    await place.clear();
  } finally {
    gauge.stop();
    io.signal.removeEventListener("abort", onInterrupt);
  }
}

async function roundTrip(trip: Omit<Trip, "onMoved">, gauge: Gauge, io: Io): Promise<readonly Phase[]> {
  const run = async (name: string, way: (trip: Trip) => Promise<string>): Promise<Phase> => {
    const line = ticker(io.stderr, name.padEnd(8), trip.budget.capacity);
    const at = gauge.elapsed;
    const onMoved = (moved: number) =>
      line.show({
        moved,
        total: trip.size,
        held: trip.budget.held,
        rss: process.memoryUsage.rss(),
        seconds: (gauge.elapsed - at) / 1000,
      });
    try {
      const digest = await way({ ...trip, onMoved });
      return { name, at, took: gauge.elapsed - at, digest };
    } finally {
      line.end();
    }
  };
  return [await run("upload", sendAll), await run("download", receiveAll)];
}

async function tell(
  phases: readonly Phase[],
  { size, budget: bytes }: DemoOptions,
  budget: MemoryBudget,
  gauge: Gauge,
  file: string,
  { stdout, signal }: Io,
): Promise<void> {
  const { peakHeld } = budget.snapshot();
  const { slots, partSize } = plan({ budget: bytes, length: size });
  const seconds = phases.map(({ took }) => took / 1000);
  const same = new Set(phases.map(({ digest }) => digest)).size === 1;
  const title = `${sizeText(size)} up and down inside ${sizeText(bytes)}: ${sizeText(peakHeld)} held, ${sizeText(gauge.peakRss)} RSS at the most`;
  await writeFile(file, chart({ samples: gauge.samples, budget: bytes, phases, title }));
  const rows: readonly (readonly [string, string])[] = [
    ["size", sizeText(size)],
    ...phases.map(({ name }, i): [string, string] => [
      `${name} time`,
      `${seconds[i]!.toFixed(1)} s, ${speedText(size, seconds[i]!)}`,
    ]),
    ["consumer's speed", `at most ${speedText(CONSUMER_SPEED, 1)}`],
    ["in flight", `${slots} parts of ${sizeText(partSize)}`],
    ["budget", sizeText(bytes)],
    ["peak bytes held", sizeText(peakHeld)],
    ["peak RSS", `${sizeText(gauge.peakRss)}, the runtime and the AWS SDK included`],
    ["SHA-256", same ? `the same both ways, ${phases[0]!.digest.slice(0, 16)}…` : "DIFFERENT"],
    ["chart", file],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const table = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join("");
  await writeAll(stdout, `\n${table}`, signal);
  if (!same) throw new FailedError("what came back is not what was sent");
  if (peakHeld > bytes)
    throw new FailedError(`${sizeText(peakHeld)} were held, more than ${sizeText(bytes)}`);
}

// Not into the current folder, which may be anybody's.
const chartFile = ({ chart: path }: DemoOptions): string =>
  path ?? join(tmpdir(), `sluice-demo-${new Date().toISOString().replace(/\D/g, "").slice(0, 14)}.svg`);
