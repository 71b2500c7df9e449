import { join, type LawRun, type Waivers } from "../join.js";
import type { Law } from "../law.js";
import { uncheckedOf } from "../unchecked.js";
import { QUEUEING } from "./commands.js";
import { M9 } from "./law-of-costs.js";
import { M13, M14 } from "./laws-of-change.js";
import * as order from "./sins-of-order.js";
import * as refusal from "./sins-of-refusal.js";
import * as waiting from "./sins-of-waiting.js";
import * as weight from "./sins-of-weight.js";
import type { MakeSemaphore } from "./subject.js";
import { onSchedules } from "./trial.js";
import * as violations from "./violations.js";

type SemaphoreLaw = Law<MakeSemaphore>;

const ENDING = { acquire: 2, "acquire with signal": 6, abort: 4, "acquire with timeout": 2 } as const;

const M1: SemaphoreLaw = {
  id: "M1",
  kind: "must",
  says: "The weights of live permits sum to `held`, and 0 ≤ held ≤ capacity, after every operation.",
  hint: "whoever writes `held`: one place that adds and one that subtracts are enough",
  sinners: weight.M1_SINNERS,
  ...onSchedules({
    mix: { ...QUEUEING, ...ENDING, tryAcquire: 2, "release again": 2, expire: 1 },
    violations: violations.weightsAddUp,
    atOnce: violations.heldInBounds,
  }),
};

const M2: SemaphoreLaw = {
  id: "M2",
  kind: "must",
  says: "If anyone waits, the head of the line does not fit.",
  hint: "the loop that wakes waiters: it must go on until the head does not fit",
  sinners: order.M2_SINNERS,
  ...onSchedules({ mix: { ...QUEUEING, tryAcquire: 1 }, violations: violations.headDoesNotFit }),
};

const M3: SemaphoreLaw = {
  id: "M3",
  kind: "must",
  says: "Grants follow arrival order, whatever the weights.",
  hint: "whatever chooses the next waiter, and at an acquire that finds room while others wait",
  sinners: order.M3_SINNERS,
  ...onSchedules({ mix: QUEUEING, violations: violations.inOrderOfArrival }),
};

const M4: SemaphoreLaw = {
  id: "M4",
  kind: "must",
  needs: "signal",
  says: "An aborted or timed-out wait rejects (abort with `signal.reason`) and leaves no trace: no weight, no place, no listener.",
  hint: "what runs when a signal aborts or a timer fires: it must take the waiter out of the line, and every way out must take the listener off",
  sinners: waiting.M4_SINNERS,
  ...onSchedules({
    mix: { ...QUEUEING, ...ENDING, "acquire aborted": 1, expire: 2 },
    violations: violations.endedWaitsLeaveNoTrace,
  }),
};

const M5: SemaphoreLaw = {
  id: "M5",
  kind: "must",
  needs: "signal",
  says: "When the head leaves, whoever now fits is served at once.",
  hint: "every way in which a waiter leaves the line or a permit comes back: each must wake who fits now",
  sinners: order.M5_SINNERS,
  ...onSchedules({
    mix: {
      acquire: 3,
      "acquire with own signal": 6,
      "acquire with timeout": 2,
      release: 4,
      abort: 5,
      expire: 2,
    },
    violations: violations.servedAtOnce,
  }),
};

const M6: SemaphoreLaw = {
  id: "M6",
  kind: "must",
  says: "A weight above capacity, below 1 or not a safe integer is refused at once and blocks nobody.",
  hint: "the test of the weight: it comes before anything else, and lets only safe integers from 1 to the capacity through",
  sinners: weight.M6_SINNERS,
  ...onSchedules({
    mix: { ...QUEUEING, "acquire doomed": 5, "tryAcquire doomed": 2 },
    violations: violations.doomedAreRefused,
  }),
};

const M7: SemaphoreLaw = {
  id: "M7",
  kind: "must",
  says: "A permit gives back its own weight, once; further calls do nothing.",
  hint: "release(): it must forget what it gave back before it gives it back",
  sinners: weight.M7_SINNERS,
  ...onSchedules({
    mix: { ...QUEUEING, "release again": 4 },
    violations: violations.permitsGiveBackTheirOwn,
  }),
};

const M8: SemaphoreLaw = {
  id: "M8",
  kind: "must",
  needs: "close",
  says: "After close, waiters reject and new acquires reject; live permits still give back; `whenIdle` resolves at zero.",
  hint: "close(): it must reject the whole line, and leave release() as it was",
  sinners: refusal.M8_SINNERS,
  ...onSchedules({
    mix: { ...QUEUEING, tryAcquire: 1, close: 1, "wait until idle": 2 },
    violations: violations.closedForGood,
  }),
};

const M10: SemaphoreLaw = {
  id: "M10",
  kind: "must",
  needs: "signal",
  says: "An abort that races a grant has one outcome: either the caller gets the permit or the weight is back.",
  hint: "the moment between choosing a waiter and resolving its promise: nothing may come between them",
  sinners: waiting.M10_SINNERS,
  ...onSchedules({
    races: true,
    mix: { ...QUEUEING, ...ENDING, abort: 4, expire: 2 },
    walked: ["acquire with own signal", "release", "abort"],
    violations: violations.racesHaveOneOutcome,
  }),
};

const M11: SemaphoreLaw = {
  id: "M11",
  kind: "must",
  needs: "tryAcquire",
  says: "`tryAcquire` never barges: it fails while anyone waits.",
  hint: "tryAcquire: that the weight fits is not enough while the line is not empty",
  sinners: order.M11_SINNERS,
  ...onSchedules({ mix: { ...QUEUEING, tryAcquire: 5 }, violations: violations.nobodyBarges }),
};

const M12: SemaphoreLaw = {
  id: "M12",
  kind: "must",
  needs: "maxWaiting",
  says: "With `maxWaiting` = k, the line never exceeds k; one more is shed at once with OverloadedError and changes nothing.",
  hint: "acquire: the length of the line is to be looked at before anybody is put into it",
  sinners: refusal.M12_SINNERS,
  ...onSchedules({
    bounded: true,
    mix: { ...QUEUEING, "acquire with own signal": 3, abort: 1 },
    violations: violations.overloadIsShed,
    atOnce: violations.lineInBounds,
  }),
};

const M15: SemaphoreLaw = {
  id: "M15",
  kind: "must",
  says: "A single permit for the whole capacity is granted after a finite number of releases under any load.",
  hint: "whatever lets a light request pass a heavy one that came earlier",
  sinners: order.M15_SINNERS,
  ...onSchedules({
    mix: { acquire: 4, tryAcquire: 2, release: 4 },
    violations: violations.wholeIsGranted,
  }),
};

export const SEMAPHORE_LAWS: readonly SemaphoreLaw[] = [
  M1,
  M2,
  M3,
  M4,
  M5,
  M6,
  M7,
  M8,
  M9,
  M10,
  M11,
  M12,
  M13,
  M14,
  M15,
];

/**
 * The laws of weighted semaphores, for the one that `make` makes.
 *
 * @example
 * ```ts
 * for (const { id, says, waived, run } of semaphoreLaws((capacity, options) => new Mine(capacity, options)))
 *   test(`${id}: ${says}`, (t) => (waived ? t.skip(waived) : run()));
 * ```
 */
export function semaphoreLaws(make: MakeSemaphore, waivers?: Waivers): LawRun[] {
  return join([...SEMAPHORE_LAWS, ...uncheckedOf("M")], make, waivers);
}
