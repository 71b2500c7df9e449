import fc from "fast-check";
import { TARGETS } from "./targets.js";

//  for each seed: for each target: a batch of inputs ──▶ tell the parent, look at the memory
//
// The parent sees whether this goes on, which nobody in here could.

/** What a batch was, told before and after it. */
export interface Progress {
  readonly target: string;
  readonly seed: number;
  readonly inputs: number;
  /** Bytes that are alive after a collection, and that the process has had at the most. */
  readonly heap: number;
  readonly peak: number;
}

const MOST_HEAP = 200 * 2 ** 20;
const MOST_MEMORY = 1_024 * 2 ** 20;

const [seed = 1, until = 0] = process.argv.slice(2).map(Number);
const only = process.argv[4];
// Nobody is left to be told.
process.on("disconnect", () => process.exit(1));
const tell = (progress: Progress): void => void process.send?.(progress);
const peakOf = (): number => process.resourceUsage().maxRSS * 1_024;

for (let turn = 0; turn === 0 || Date.now() < until; turn++) {
  for (const target of TARGETS) {
    if (only !== undefined && target.name !== only) continue;
    tell({ target: target.name, seed: seed + turn, inputs: 0, heap: 0, peak: peakOf() });
    const { property, close } = await target.open();
    await fc.assert(property, { seed: seed + turn, numRuns: target.runs });
    await close();
    globalThis.gc?.();
    const heap = process.memoryUsage().heapUsed;
    const peak = peakOf();
    tell({ target: target.name, seed: seed + turn, inputs: target.runs, heap, peak });
    if (heap > MOST_HEAP) throw new Error(`${target.name} has left ${heap} bytes alive`);
    if (peak > MOST_MEMORY) throw new Error(`${target.name} has made the process grow to ${peak} bytes`);
  }
}
process.exit(0);
