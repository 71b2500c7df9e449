import fc from "fast-check";
import { settle } from "../settle.js";
import { Breach } from "../verdicts.js";
import type { AdaptiveLike, Bounds } from "./adaptive-subject.js";

type Ending = "well" | "in a failure" | "slow down";

/** What is going to happen, but for the order in which works end. */
export interface AdaptivePlan extends Bounds {
  /** How the works end. They are asked for in bunches, each as soon as nothing of the one before is in progress. */
  readonly bunches: readonly (readonly Ending[])[];
}

const endings = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Ending>("well") },
  { weight: 1, arbitrary: fc.constant<Ending>("slow down") },
  { weight: 1, arbitrary: fc.constant<Ending>("in a failure") },
);

export const adaptivePlans: fc.Arbitrary<AdaptivePlan> = fc
  .record({
    min: fc.integer({ min: 1, max: 2 }),
    below: fc.nat({ max: 3 }),
    above: fc.nat({ max: 2 }),
    bunches: fc.array(fc.array(endings, { minLength: 1, maxLength: 14 }), { minLength: 1, maxLength: 6 }),
  })
  .map(({ min, below, above, bunches }) => {
    return { min, start: min + below, max: min + below + above, bunches };
  });

/** The end of one work, and what it made of the limit. */
export interface Step {
  readonly ending: Ending;
  readonly before: number;
  readonly after: number;
  /** It had begun before the last cut. */
  readonly isOld: boolean;
  /** Of the works that began since the last cut: how many have ended well since the last change, this one included. */
  readonly endedWell: number;
  /** Whether since the last change as many were in progress as the limit allows, when one began or ended well. */
  readonly wasFull: boolean;
  /** The same, with those counted in that had ended but were perhaps not yet out. */
  readonly mayHaveBeenFull: boolean;
  /** By how many, at most, more were in progress than the limit allowed when one began. */
  readonly mostBegun: number;
}

/** Ends one work after the other, and hears after each what `breachOf` has to say. */
export async function playAdaptive(
  subject: AdaptiveLike,
  scheduler: fc.Scheduler,
  { min, start, max, bunches }: AdaptivePlan,
  breachOf: (step: Step) => string | undefined,
): Promise<void> {
  const story = [`a limit from ${min} to ${max} begins at ${start}`];
  let limit = start;
  let inProgress = 0;
  let mostBegun = 0;
  let cuts = 0;
  let endedWell = 0;
  let wasFull = false;
  let leaving = 0;
  let mayHaveBeenFull = false;
  let ended: Omit<Step, "before" | "after" | "mostBegun"> | undefined;

  const look = (): void => {
    const { capacity } = subject;
    if (capacity === limit) return;
    story.push(`the limit goes from ${limit} to ${capacity}`);
    if (capacity < limit) cuts++;
    limit = capacity;
    endedWell = 0;
    wasFull = mayHaveBeenFull = false;
  };

  const work = (ending: Ending, name: string) => async () => {
    look();
    const begunAfter = cuts;
    inProgress++;
    mostBegun = Math.max(mostBegun, inProgress - limit);
    wasFull ||= inProgress >= limit;
    mayHaveBeenFull ||= inProgress + leaving >= limit;
    story.push(`work ${name} begins`);
    await scheduler.schedule(Promise.resolve(), `work ${name}`);
    story.push(`work ${name} ends: ${ending}`);
    const isOld = begunAfter !== cuts;
    if (ending === "well" && !isOld) {
      endedWell++;
      wasFull ||= inProgress >= limit;
      mayHaveBeenFull ||= wasFull;
    }
    if (ending === "slow down" && !isOld) endedWell = 0;
    ended = { ending, isOld, endedWell, wasFull, mayHaveBeenFull };
    inProgress--;
    leaving = 1;
    if (ending === "slow down") throw Object.assign(new Error(ending), { slowDown: true });
    if (ending === "in a failure") throw new Error(ending);
  };

  for (const [bunch, all] of bunches.entries()) {
    all.forEach((ending, n) => {
      subject.use(1, work(ending, `${bunch}.${n}`)).catch(() => {});
    });
    await settle(() => true);
    while (scheduler.count() > 0) {
      const before = limit;
      await scheduler.waitNext(1);
      await settle(() => true);
      leaving = 0;
      look();
      const breach = breachOf({ ...ended!, before, after: limit, mostBegun });
      if (breach !== undefined) throw new Breach(breach, story);
    }
  }
}
