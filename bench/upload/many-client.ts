import { MemoryBudget } from "@sluice/semaphore";
import { peakRss } from "./rss.js";
import { source } from "./source.js";
import type { Terms } from "./subject.js";
import { type Name, SUBJECTS } from "./subjects.js";

// node many-client.js CONFIG: many uploads at once, in one process; says {"started"}, and in the end what came of them.

export interface ManyConfig extends Omit<Terms, "budget"> {
  readonly subject: Name;
  readonly uploads: number;
  /** Of each upload. */
  readonly bytes: number;
  /** Bytes for all of them together; 0 for none. */
  readonly budget: number;
  /** How many of the sources go silent half-way, and for ever. */
  readonly stalled: number;
  /** Milliseconds after which whoever waits for such a source gives its upload up; 0 for when all others are done. */
  readonly patience: number;
  /** Milliseconds after which the process ends, whatever happens. */
  readonly deadline: number;
}

export interface Fates {
  readonly done: number;
  /** Those of them that were done before anybody had lost patience. */
  readonly doneBefore: number;
  readonly givenUp: number;
  /** What went wrong with the others. */
  readonly failures: readonly string[];
  readonly seconds: number;
  readonly peakRss: number;
  /** Bytes, where there is a budget. */
  readonly held?: number | undefined;
  readonly peakHeld?: number | undefined;
}

const config = JSON.parse(process.argv[2]!) as ManyConfig;
setTimeout(() => process.exit(3), config.deadline).unref();
process.stdin.resume().once("close", () => process.exit(4));

const budget = config.budget > 0 ? new MemoryBudget(config.budget) : undefined;
const subject = (await SUBJECTS[config.subject]())({ ...config, budget });
const patience = new AbortController();
const impatient = new Error("its source has gone silent");
const began = performance.now();
say({ started: true });

// Spread over the line, so that they are neither all in front nor all at its end.
const stalls = (nth: number): boolean =>
  Math.floor(((nth + 1) * config.stalled) / config.uploads) >
  Math.floor((nth * config.stalled) / config.uploads);

const uploads = Array.from({ length: config.uploads }, async (_, nth) => {
  const stallAt = stalls(nth) ? config.bytes / 2 - config.partSize / 2 : undefined;
  await subject.upload(
    `many-${nth}`,
    source(config.bytes, { stallAt }),
    stallAt === undefined ? undefined : patience.signal,
  );
  return patience.signal.aborted;
});
const giveUp = (): void => patience.abort(impatient);
if (config.patience > 0) setTimeout(giveUp, config.patience).unref();
Promise.allSettled(uploads.filter((_, nth) => !stalls(nth))).then(giveUp);

const fates = await Promise.allSettled(uploads);
const done = fates.flatMap((fate) => (fate.status === "fulfilled" ? [fate.value] : []));
const reasons = fates.flatMap((fate) => (fate.status === "rejected" ? [fate.reason as unknown] : []));
const says: Fates = {
  done: done.length,
  doneBefore: done.filter((late) => !late).length,
  givenUp: reasons.filter((reason) => reason === impatient).length,
  failures: reasons.filter((reason) => reason !== impatient).map(String),
  seconds: (performance.now() - began) / 1_000,
  peakRss: peakRss(),
  held: budget?.held,
  peakHeld: budget?.snapshot().peakHeld,
};
say(says, () => process.exit(0));

function say(words: unknown, then?: () => void): void {
  process.stdout.write(`${JSON.stringify(words)}\n`, then);
}
