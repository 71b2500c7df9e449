import { download } from "@sluice/s3-download";
import { upload } from "@sluice/s3-upload";
import { MemoryBudget } from "@sluice/semaphore";
import { UsageError } from "../failure.js";
import type { Io } from "../io.js";
import {
  type Location,
  type ObjectLocation,
  parseLocation,
  shown,
  sourceKey,
  targetKey,
} from "../location.js";
import { type Plan, plan } from "../plan.js";
import { connect } from "../s3.js";
import type { Copy, CopyOptions } from "./copying.js";
import { receiveFolder, sendFolder } from "./folders.js";
import type { Counts, Reporter } from "./progress.js";
import { receive } from "./receive.js";
import { send } from "./send.js";

/**
 * Copies one file, stream or object, or a folder.
 *
 * - **Order:** bytes arrive in theirs.
 * - **Abort:** by `io.signal`; rejects with its reason when nothing is left behind, on the server or on the disk.
 * - **Errors:** `ERR_USAGE`, `ERR_READER_GONE`, `ERR_INCOMPLETE`, and those of the store and of the system.
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
    const copied = await route.run({ store, options, io, report });
    const { bytes, counts } = typeof copied === "number" ? { bytes: copied, counts: undefined } : copied;
    report.done(bytes, (performance.now() - start) / 1000, counts);
  } finally {
    close();
  }
}

interface Route {
  readonly from: Location;
  readonly to: Location;
  /** Resolves with bytes. */
  run(copy: Copy): Promise<number | { readonly bytes: number; readonly counts: Counts }>;
}

// Everything that can be seen to be wrong is, before the first request.
function routeOf(from: Location, to: Location, options: CopyOptions): Route {
  if (from.kind !== "object" && to.kind !== "object") {
    throw new UsageError(
      `one side must be s3://bucket/key, got "${shown(from)}" and "${shown(to)}": cp copies files`,
    );
  }
  if (options.resume && (from.kind !== "object" || to.kind !== "file")) {
    throw new UsageError("--resume is for copies from S3 to a file or a folder");
  }
  if (options.recursive) return folderRoute(from, to, options);
  if (options.files !== undefined || options.followLinks) {
    throw new UsageError("--files and --follow-links are for folders: add --recursive");
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

function folderRoute(from: Location, to: Location, options: CopyOptions): Route {
  plan(options);
  if (from.kind === "file" && to.kind === "object") {
    return { from, to, run: (copy) => sendFolder(from, to, copy) };
  }
  if (from.kind === "object" && to.kind === "file") {
    return { from, to, run: (copy) => receiveFolder(from, to, copy) };
  }
  throw new UsageError(
    `--recursive copies a folder to s3://bucket/prefix or from there, got "${shown(from)}" and "${shown(to)}"`,
  );
}

// A slow line to the other side may take as long as it takes.
const FOR_EVER = Number.POSITIVE_INFINITY;

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
