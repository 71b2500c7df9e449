import type { Look } from "./looks.js";
import { pass } from "./pass.js";
import type { Place } from "./place.js";
import type { Name } from "./subjects.js";

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const MOST_LOOKS = 240;

export const LONG: Name = "Sluice, node:http";

/** One upload of some length, in a process that did nothing before. */
export interface Long {
  readonly bytes: number;
  /** Seconds of processor time, and seconds that passed. */
  readonly cpu: number;
  readonly seconds: number;
  /** Bytes, at the most. */
  readonly peak: number;
  readonly looks: readonly Look[];
}

export const lengths = (gib: number): readonly number[] => [10 * MIB, GIB, gib * GIB];

/**
 * Uploads so many bytes, and looks at the RSS all the while.
 *
 * - **Order:** one at a time.
 * - **Abort:** both processes are stopped, and this rejects.
 * - **Errors:** if a byte is missing.
 */
export async function long(place: Place, bytes: number, signal: AbortSignal): Promise<Long> {
  const upload = {
    subject: LONG,
    bytes,
    warmUp: 0,
    chunking: "blocks",
    partSize: 8 * MIB,
    slots: 4,
  } as const;
  const deadline = 60_000 + 60_000 * (bytes / GIB);
  const every = bytes > GIB ? 500 : 20;
  const figures = await pass(place, { ...upload, live: false, every, delay: 0, deadline }, signal);
  const { cpu, seconds, peak, looks = [] } = figures;
  return { bytes, cpu, seconds, peak, looks: thinned(looks) };
}

/** Fewer looks; of neighbours the highest one stays, so that no peak is lost. */
function thinned(looks: readonly Look[]): Look[] {
  const many = Math.ceil(looks.length / MOST_LOOKS);
  return Array.from({ length: Math.ceil(looks.length / many) }, (_, nth) =>
    looks.slice(nth * many, (nth + 1) * many).reduce((a, b) => (b.rss > a.rss ? b : a)),
  );
}
