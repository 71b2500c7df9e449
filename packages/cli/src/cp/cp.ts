import { download } from "@sluice/s3-download";
import { upload } from "@sluice/s3-upload";
import { MemoryBudget } from "@sluice/semaphore";
import { UsageError } from "../failure.js";
import type { Io } from "../io.js";
import {
  type FileLocation,
  type Location,
  nameOf,
  type ObjectLocation,
  parseLocation,
  type StreamLocation,
  shown,
  sourceKey,
  targetKey,
} from "../location.js";
import { type Plan, plan } from "../plan.js";
import { connect, type S3Options } from "../s3.js";
import { openSource } from "./local-source.js";
import { openTarget } from "./local-target.js";
import type { Reporter } from "./progress.js";

export interface CopyOptions extends S3Options {
  /** Bytes. */
  readonly budget: number;
  readonly slots?: number | undefined;
  /** Bytes. */
  readonly partSize?: number | undefined;
  readonly contentType?: string | undefined;
}

interface Copy {
  readonly store: Awaited<ReturnType<typeof connect>>["store"];
  readonly options: CopyOptions;
  readonly io: Io;
  readonly report: Reporter;
}

/**
 * Copies one file, stream or object.
 *
 * - **Order:** bytes arrive in theirs.
 * - **Abort:** by `io.signal`; rejects with its reason when nothing is left behind, on the server or on the disk.
 * - **Errors:** `ERR_USAGE`, `ERR_READER_GONE`, and those of the store and of the system.
 */
export async function copy(
  from: string,
  to: string,
  options: CopyOptions,
  io: Io,
  report: Reporter,
): Promise<void> {
  const start = performance.now();
  const route = routeOf(parseLocation(from), parseLocation(to), options);
  report.begin(shown(route.from), shown(route.to));
  const { store, close } = await connect(options);
  try {
    const bytes = await route.run({ store, options, io, report });
    report.done(bytes, (performance.now() - start) / 1000);
  } finally {
    close();
  }
}

interface Route {
  readonly from: Location;
  readonly to: Location;
  run(copy: Copy): Promise<number>;
}

// Everything that can be seen to be wrong is, before the first request.
function routeOf(from: Location, to: Location, options: CopyOptions): Route {
  if (from.kind !== "object" && to.kind !== "object") {
    throw new UsageError(
      `one side must be s3://bucket/key, got "${shown(from)}" and "${shown(to)}": cp copies files`,
    );
  }
  const target = to.kind === "object" ? { ...to, key: targetKey(to, from) } : to;
  if (from.kind !== "object") {
    plan(options);
    return { from, to: target, run: (copy) => send(from, target as ObjectLocation, copy) };
  }
  const source = { ...from, key: sourceKey(from) };
  if (target.kind !== "object") {
    const parts = plan(options);
    return { from, to, run: (copy) => receive(source, target, parts, copy) };
  }
  const half = Math.floor(options.budget / 2);
  const parts = plan({ ...options, budget: half });
  return { from, to: target, run: (copy) => pass(source, target, half, parts, copy) };
}

async function send(
  from: FileLocation | StreamLocation,
  to: ObjectLocation,
  { store, options, io, report }: Copy,
): Promise<number> {
  const budget = new MemoryBudget(options.budget);
  const source = await openSource(from, io);
  try {
    const { slots, partSize } = plan({ ...options, length: source.length });
    let sent = 0;
    await upload(store, to, source.body, {
      slots,
      partSize,
      budget,
      length: source.length,
      contentType: options.contentType,
      signal: io.signal,
      onProgress({ loaded, total }) {
        sent = loaded;
        report.progress({ phase: "upload", loaded, total, held: budget.held });
      },
    });
    return sent;
  } finally {
    await source.close();
  }
}

// Who pages through what comes, or sends it on over a slow line, may take as long as it takes.
const FOR_EVER = Number.POSITIVE_INFINITY;

async function receive(
  from: ObjectLocation,
  to: FileLocation | StreamLocation,
  parts: Plan,
  { store, options, io, report }: Copy,
): Promise<number> {
  const budget = new MemoryBudget(options.budget);
  const { slots: window, partSize: rangeSize } = parts;
  const target = await openTarget(to, nameOf(from), io);
  try {
    const limits = { window, rangeSize, budget, idleTimeout: FOR_EVER };
    const { body, size } = await download(store, from, { ...limits, signal: io.signal });
    let loaded = 0;
    for await (const chunk of body) {
      await target.write(chunk);
      loaded += chunk.byteLength;
      report.progress({ phase: "download", loaded, total: size, held: budget.held });
    }
    await target.commit();
    return loaded;
  } catch (cause) {
    await target.discard().catch(() => {});
    throw cause;
  }
}

async function pass(
  from: ObjectLocation,
  to: ObjectLocation,
  half: number,
  ranges: Plan,
  { store, options, io, report }: Copy,
): Promise<number> {
  // Half for each side. In one line, ranges that have arrived could take all of it and wait for parts that
  // could never be paid for.
  const arriving = new MemoryBudget(half);
  const leaving = new MemoryBudget(half);
  const { signal } = io;
  const { slots: window, partSize: rangeSize } = ranges;
  const limits = { window, rangeSize, budget: arriving, idleTimeout: FOR_EVER };
  const got = await download(store, from, { ...limits, signal });
  try {
    const { slots, partSize } = plan({ ...options, budget: half, length: got.size });
    await upload(store, to, got.body, {
      slots,
      partSize,
      budget: leaving,
      length: got.size,
      contentType: options.contentType ?? got.contentType,
      metadata: got.metadata,
      signal,
      onProgress({ loaded, total }) {
        report.progress({ phase: "copy", loaded, total, held: arriving.held + leaving.held });
      },
    });
  } finally {
    // Whoever was refused before the first read has left it open; otherwise this does nothing.
    await got.body.cancel().catch(() => {});
  }
  return got.size;
}
