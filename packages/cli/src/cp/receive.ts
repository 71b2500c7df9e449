import { download } from "@sluice/s3-download";
import { downloadToFile } from "@sluice/s3-download/node";
import { MemoryBudget } from "@sluice/semaphore";
import { type FileLocation, nameOf, type ObjectLocation, type StreamLocation } from "../location.js";
import type { Plan } from "../plan.js";
import type { Copy } from "./copying.js";
import { named, openTarget, type Place, placeOf } from "./local-target.js";

/**
 * Downloads an object to a file, a pipe, a device, or standard output; resolves with bytes.
 *
 * - **Order:** none.
 * - **Abort:** by `io.signal`; rejects with its reason when nothing is left on the disk, but for `--resume`.
 * - **Errors:** those of the system and of the store; `ERR_READER_GONE`.
 */
export async function receive(
  from: ObjectLocation,
  to: FileLocation | StreamLocation,
  parts: Plan,
  copy: Copy,
): Promise<number> {
  const target = to.kind === "stream" ? to : await placeOf(to.path, nameOf(from));
  if (target.kind === "stream" || !target.isFile) return stream(from, target, parts, copy);
  const { store, options, io, report } = copy;
  const budget = new MemoryBudget(options.budget);
  const { size } = await downloadToFile(store, from, target.path, {
    window: parts.slots,
    rangeSize: parts.partSize,
    budget,
    resume: options.resume,
    signal: io.signal,
    onProgress: ({ loaded, total }) =>
      report.progress({ phase: "download", loaded, total, held: budget.held }),
  }).catch(named(target.path));
  return size;
}

// Who pages through what comes may take as long as it takes.
const FOR_EVER = Number.POSITIVE_INFINITY;

async function stream(
  from: ObjectLocation,
  to: Place | StreamLocation,
  { slots: window, partSize: rangeSize }: Plan,
  { store, options, io, report }: Copy,
): Promise<number> {
  const budget = new MemoryBudget(options.budget);
  const target = await openTarget(to, io);
  try {
    const limits = { window, rangeSize, budget, idleTimeout: FOR_EVER };
    const { body, size } = await download(store, from, { ...limits, signal: io.signal });
    let loaded = 0;
    for await (const chunk of body) {
      await target.write(chunk);
      loaded += chunk.byteLength;
      report.progress({ phase: "download", loaded, total: size, held: budget.held });
    }
    await target.close();
    return loaded;
  } catch (cause) {
    await target.close().catch(() => {});
    throw cause;
  }
}
