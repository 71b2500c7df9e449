import { join } from "node:path";
import { readReport } from "../flood/group.js";
import { Program } from "../flood/program.js";
import type { Fates, ManyConfig } from "./many-client.js";
import { withSink } from "./pass.js";
import type { Place } from "./place.js";
import type { Given } from "./sink.js";
import type { Name } from "./subjects.js";

const MIB = 2 ** 20;

/** Many uploads at once, of one process under a hard limit. */
export interface ManyPlan {
  readonly limitMib: number;
  readonly budget: number;
  readonly uploads: number;
  /** Of each. */
  readonly bytes: number;
  readonly partSize: number;
  readonly slots: number;
  /** Milliseconds that the sink takes to answer a part: whoever does not hold back has sent for more by then. */
  readonly delay: number;
  /** Milliseconds after which the impatient give up. */
  readonly patience: number;
  readonly deadline: number;
}

const SIZES = { limitMib: 256, budget: 64 * MIB, uploads: 20, partSize: 8 * MIB, slots: 4 };

export const WHOLE: ManyPlan = {
  ...SIZES,
  bytes: 128 * MIB,
  delay: 250,
  patience: 20_000,
  deadline: 400_000,
};

export const QUICK: ManyPlan = { ...SIZES, bytes: 32 * MIB, delay: 250, patience: 5_000, deadline: 60_000 };

export interface Case {
  readonly id: string;
  readonly subject: Name;
  /** Whether the process is under the hard limit. */
  readonly limited: boolean;
  /** Sources that go silent half-way. */
  readonly stalled: number;
  /** Whether they are given up while the others still wait; if not, then when the others are done. */
  readonly impatient: boolean;
}

export interface ManyOutcome extends Case {
  /** 137 for who was killed, 0 for who ended by itself. */
  readonly exit: number;
  readonly oomKills: number;
  /** Bytes that the kernel counted against the limit, at the most. */
  readonly peak: number;
  /** What it said in the end, if it lived to see it. */
  readonly fates?: Fates | undefined;
  readonly given: Given;
}

const CALM = { limited: true, stalled: 0, impatient: false };

export const CASES: readonly Case[] = [
  { ...CALM, id: "lib-storage", subject: "lib-storage" },
  { ...CALM, id: "lib-storage-free", subject: "lib-storage", limited: false },
  { ...CALM, id: "aws", subject: "Sluice, AWS SDK" },
  { ...CALM, id: "fetch", subject: "Sluice, fetch" },
  { ...CALM, id: "node", subject: "Sluice, node:http" },
  // A source that has gone silent keeps the part that it has begun. Four of them leave half of the budget to the others;
  // ten hold all of it, and the others would wait for as long as nobody gives up.
  { ...CALM, id: "stalled-4", subject: "Sluice, AWS SDK", stalled: 4 },
  { ...CALM, id: "stalled-10", subject: "Sluice, AWS SDK", stalled: 10, impatient: true },
];

export const QUICK_CASES = CASES.filter(
  ({ id }) => id !== "lib-storage-free" && id !== "fetch" && id !== "node",
);

const UNDER_LIMIT = join(import.meta.dirname, "../../.ci/under-limit");

/**
 * Runs one case; the sink is outside of the limit.
 *
 * - **Order:** one at a time, or they take each other's processor.
 * - **Abort:** the processes are stopped, and this rejects.
 * - **Errors:** if no group could be made, or a process did not start.
 */
export function many(one: Case, plan: ManyPlan, place: Place, signal: AbortSignal): Promise<ManyOutcome> {
  const { limitMib, budget, uploads, bytes, partSize, slots, delay, deadline } = plan;
  return withSink(place, { delay, deadline: deadline + 15_000 }, signal, async (endpoint, given) => {
    const { subject, stalled } = one;
    const patience = one.impatient ? plan.patience : 0;
    const sizes = { endpoint, subject, uploads, bytes, partSize, slots, stalled, patience, deadline };
    const config: ManyConfig = { ...sizes, budget: subject === "lib-storage" ? 0 : budget };
    const report = join(place.folder, `report-${one.id}`);
    const limit = one.limited ? `${limitMib}MiB` : "max";
    const node = [process.execPath, place.many, JSON.stringify(config)];
    const client = new Program([UNDER_LIMIT, "--report", report, limit, ...node], signal);
    const started = await client.next<unknown>();
    if (started === undefined) throw new Error(`${subject} did not start: ${(await client.exit).said}`);
    const fates = await client.next<Fates>();
    const { code } = await client.exit;
    signal.throwIfAborted();
    const { peak = 0, oomKills } = readReport(report);
    return { ...one, exit: code, oomKills, peak, fates, given: await given() };
  });
}

/** What is not as it was expected. Exit codes and bytes; nothing here is a matter of time. */
export function broken(outcomes: readonly ManyOutcome[], { limitMib, uploads, budget }: ManyPlan): string[] {
  return outcomes.flatMap(({ id, limited, stalled, exit, oomKills, peak, fates }) => {
    const says = (wrong: boolean, what: string) => (wrong ? [`${id}: ${what}`] : []);
    const ended = `its exit code is ${exit}, after ${oomKills} kills`;
    if (id === "lib-storage") return says(exit !== 137 || oomKills === 0, `was to be killed, but ${ended}`);
    if (!limited) return says(exit !== 0, ended);
    return [
      ...says(exit !== 0 || oomKills > 0, ended),
      ...says(
        fates?.done !== uploads - stalled || fates?.givenUp !== stalled,
        `${fates?.done} of ${uploads - stalled} uploads were done, ${fates?.givenUp} of ${stalled} given up: ${fates?.failures[0] ?? ""}`,
      ),
      ...says(fates?.held !== 0, `${fates?.held} bytes of the budget never came back`),
      ...says((fates?.peakHeld ?? 0) > budget, `held ${fates?.peakHeld} bytes of a budget of ${budget}`),
      ...says(peak > limitMib * MIB, `its peak is ${peak} bytes`),
    ];
  });
}
