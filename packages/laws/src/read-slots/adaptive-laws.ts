import fc from "fast-check";
import { hold } from "../hold.js";
import { join, type LawRun, type Waivers } from "../join.js";
import type { Effort, Law } from "../law.js";
import { type AdaptiveSins, SAID_OF_ADAPTIVE, sinfulAdaptive } from "./adaptive-reference.js";
import type { MakeAdaptive } from "./adaptive-subject.js";
import { type AdaptivePlan, adaptivePlans, playAdaptive, type Step } from "./adaptive-world.js";

function law(
  id: `S${number}`,
  says: string,
  hint: string,
  sins: readonly (keyof AdaptiveSins)[],
  breachOf: (step: Step, plan: AdaptivePlan) => string | undefined,
): Law<MakeAdaptive> {
  const check = (make: MakeAdaptive, effort: Effort) =>
    hold(
      fc.asyncProperty(fc.scheduler(), adaptivePlans, (scheduler, plan) =>
        playAdaptive(make(plan), scheduler, plan, (step) => breachOf(step, plan)),
      ),
      effort,
    );
  const sinners = sins.map((sin) => ({ sin: SAID_OF_ADAPTIVE[sin], make: sinfulAdaptive({ [sin]: true }) }));
  return { id, kind: "must", says, hint, sinners, check };
}

export const ADAPTIVE_LAWS: readonly Law<MakeAdaptive>[] = [
  law(
    "S7",
    "An adaptive limit stays between its floor and its ceiling, and no work begins while as many are in progress as it allows.",
    "where the limit is set, and who is let in after a cut",
    ["cutsBelowTheFloor", "growsAboveTheCeiling", "letsInAsBefore", "letsInOneMore"],
    ({ after, mostBegun }, { min, max }) => {
      if (after < min || after > max) return `the limit is ${after}`;
      return mostBegun > 0 ? `${mostBegun} more are in progress than the limit allows` : undefined;
    },
  ),
  law(
    "S8",
    "A slow down cuts an adaptive limit at once, but once only for all that had begun before the cut; as many works as it allows, all begun since then and ended well, raise it by one, if all of it was in use meanwhile.",
    "what is remembered of a work when it begins",
    [
      ...(["cutsForEach", "cutsForAnyFailure", "neverCuts", "neverGrows"] as const),
      ...(["growsForEach", "growsUnused", "countsWhatBeganBefore"] as const),
    ],
    ({ before, after, ending, isOld, wasFull, mayHaveBeenFull, endedWell }, { min, max }) => {
      if (ending === "slow down" && !isOld && before > min) {
        return after < before ? undefined : "a slow down is not heard";
      }
      const counts = ending === "well" && !isOld && endedWell >= before && before < max;
      if (after === before && !(counts && wasFull)) return undefined;
      if (after === before + 1 && counts && mayHaveBeenFull) return undefined;
      const work = isOld ? "a work from before the last cut" : `a work that ends ${ending}`;
      return `${work} takes the limit from ${before} to ${after}`;
    },
  ),
];

/**
 * The laws of adaptive limits, ready to judge your own implementation.
 *
 * @example
 * ```ts
 * const make = (bounds) => new AdaptiveSemaphore(bounds);
 * for (const { id, says, run } of adaptiveLaws(make)) test(`${id} ${says}`, () => run());
 * ```
 */
export const adaptiveLaws = (make: MakeAdaptive, waivers?: Waivers): LawRun[] =>
  join(ADAPTIVE_LAWS, make, waivers);
