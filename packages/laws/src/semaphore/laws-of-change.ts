import type { Law } from "../law.js";
import { QUEUEING } from "./commands.js";
import * as change from "./sins-of-change.js";
import type { MakeSemaphore } from "./subject.js";
import { onSchedules } from "./trial.js";
import * as changes from "./violations-of-change.js";

export const M13: Law<MakeSemaphore> = {
  id: "M13",
  kind: "must",
  needs: "split",
  says: "`split` and `shrink` conserve weight: parts sum to the whole, what is given up is available at once.",
  hint: "split() and shrink(): check first, then write the permit's weight and `held` in one go, then serve",
  sinners: change.M13_SINNERS,
  ...onSchedules({
    mix: { ...QUEUEING, split: 5, shrink: 4, "divide doomed": 2, "release again": 1 },
    violations: changes.partsSumToTheWhole,
    atOnce: changes.heldIsTheTwins,
  }),
};

export const M14: Law<MakeSemaphore> = {
  id: "M14",
  kind: "must",
  needs: "resize",
  says: "`resize` takes effect for the next grant; below `held` it revokes nothing and grants nothing until enough is back.",
  hint: "resize(): send away who can never fit any more, then serve; and at whatever takes a negative rest for room",
  sinners: change.M14_SINNERS,
  ...onSchedules({
    mix: {
      ...QUEUEING,
      "acquire with own signal": 1,
      tryAcquire: 2,
      resize: 6,
      "resize doomed": 1,
      abort: 1,
    },
    walked: ["acquire", "acquire with own signal", "release", "resize", "abort"],
    violations: changes.sizeCountsFromTheNextGrant,
    atOnce: changes.capacityIsTheTwins,
  }),
};
