import {
  Breach,
  CHANNEL_LAWS,
  Counterexample,
  channelLaws,
  type Law,
  type LawId,
  ReferenceChannel,
  ReferenceSemaphore,
  SEMAPHORE_LAWS,
  semaphoreLaws,
} from "@sluice/laws";
import { type AskedFor, notingChannel, notingSemaphore } from "./asked-for.js";
import type { Rival } from "./rival.js";

// A schedule is played up to three times here, so the walk ends at three operations, and more is left to chance.
const EFFORT = { runs: 600, operations: 3 };

export type Verdict =
  | { readonly is: "kept"; readonly schedules: number }
  | { readonly is: "waived"; readonly reason: string }
  | { readonly is: "broken"; readonly what: string; readonly story: readonly string[]; readonly seed: number }
  | { readonly is: "hung"; readonly seconds: number };

/** The laws with a check that there are for this kind of rival. */
export const lawsOf = (kind: Rival["kind"]): readonly Pick<Law<never>, "id" | "says">[] =>
  kind === "semaphore" ? SEMAPHORE_LAWS : CHANNEL_LAWS;

/**
 * Judges one rival by one law, in all schedules that ask for nothing it lacks.
 *
 * - **Order:** one schedule after the other, the same for the same seed.
 * - **Abort:** cannot be stopped; a rival that never gives control back has to be killed with its process.
 * - **Errors:** what a broken adapter throws; a broken law is a verdict.
 */
export async function judge(rival: Rival, id: LawId, seed: number): Promise<Verdict> {
  if (rival.kind === "semaphore") {
    const law = lawIn(SEMAPHORE_LAWS, id);
    const reason = semaphoreLaws(rival.make, rival.waivers).find((run) => run.id === id)?.waived;
    if (reason !== undefined) return { is: "waived", reason };
    return verdictOf(law, rival, seed, {
      note: notingSemaphore,
      choose: (ours) => (capacity, options) =>
        ours() ? rival.make(capacity, options) : new ReferenceSemaphore(capacity, options),
    });
  }
  const law = lawIn(CHANNEL_LAWS, id);
  const reason = channelLaws(rival.make, rival.waivers).find((run) => run.id === id)?.waived;
  if (reason !== undefined) return { is: "waived", reason };
  return verdictOf(law, rival, seed, {
    note: notingChannel,
    choose: (ours) => (options) => (ours() ? rival.make(options) : new ReferenceChannel(options)),
  });
}

function lawIn<Make>(laws: readonly Law<Make>[], id: LawId): Law<Make> {
  const law = laws.find((one) => one.id === id);
  if (law === undefined) throw new Error(`no law ${id}; there are ${laws.map((one) => one.id).join(", ")}`);
  return law;
}

interface Casting<Make> {
  note(notes: AskedFor): Make;
  /** `ours` says, once for each subject that is made, whether the rival plays. */
  choose(ours: () => boolean): Make;
}

async function verdictOf<Make>(
  law: Law<Make>,
  { lacks }: Rival,
  seed: number,
  { note, choose }: Casting<Make>,
): Promise<Verdict> {
  const notes: AskedFor = [];
  if (lacks.length > 0) await law.check(note(notes), { ...EFFORT, seed });
  let made = 0;
  let schedules = 0;
  const make = choose(() => {
    const asked = notes[made++];
    const plays = lacks.length === 0 || (asked !== undefined && !lacks.some((feature) => asked.has(feature)));
    if (plays) schedules++;
    return plays;
  });
  try {
    // While it shrinks, a law makes up schedules that nobody has noted down.
    await law.check(make, { ...EFFORT, seed, shrink: lacks.length === 0 });
  } catch (broken) {
    // What is not a breach is a fault of the adapter, and says nothing about the rival.
    if (!(broken instanceof Counterexample && broken.cause instanceof Breach)) throw broken;
    return { is: "broken", what: broken.message, story: broken.story, seed };
  }
  if (schedules === 0) throw new Error(`${law.id} has no schedule for it: waive the law, and say why`);
  return { is: "kept", schedules };
}
