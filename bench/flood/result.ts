import { load, type Machine, machine } from "../src/run/machine.js";
import type { Flooded } from "./flood.js";
import type { Sample } from "./group.js";
import type { Plan } from "./plan.js";
import type { Plenty } from "./plenty.js";

/** All of one run: a file in bench/results. */
export interface FloodResult {
  readonly command: string;
  readonly date: string;
  readonly node: string;
  readonly openssl: string;
  readonly machine: Machine;
  /** Before, and after. */
  readonly load: readonly number[];
  readonly plan: Plan;
  readonly floods: readonly Flooded[];
  readonly plenty?: Plenty | undefined;
}

export const resultOf = (
  command: string,
  before: number,
  plan: Plan,
  floods: readonly Flooded[],
  plenty?: Plenty,
): FloodResult => ({
  command,
  date: new Date().toISOString().slice(0, 10),
  node: process.version,
  openssl: process.versions.openssl ?? "unknown",
  machine: machine(),
  load: [before, load()],
  plan,
  floods: floods.map((flooded) => ({ ...flooded, samples: thinned(flooded.samples) })),
  plenty,
});

const MOST_SAMPLES = 240;

/** Fewer samples; of neighbours the highest one stays, so that no peak is lost. */
function thinned(samples: readonly Sample[]): Sample[] {
  const many = Math.ceil(samples.length / MOST_SAMPLES);
  return Array.from({ length: Math.ceil(samples.length / many) }, (_, nth) =>
    samples.slice(nth * many, (nth + 1) * many).reduce((a, b) => (b.group > a.group ? b : a)),
  );
}

/** A sample a line. */
export const textOf = (result: FloodResult): string =>
  `${JSON.stringify(result, undefined, 2).replace(
    /\{\s+("ms": \d+),\s+("group": \d+),\s+("rss": \d+)\s+\}/g,
    "{ $1, $2, $3 }",
  )}\n`;
