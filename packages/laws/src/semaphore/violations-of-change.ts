import type * as trial from "../trial.js";
import type { Accounts } from "./accounts.js";
import {
  all,
  codeOf,
  headDoesNotFit,
  heldIsLent,
  likeTheTwin,
  permitsGiveBackTheirOwn,
  wrong,
} from "./violations.js";

type Violations = trial.Violations<Accounts>;

/** In the very moment: the subject has had no time to make good for anything later. */
export const heldIsTheTwins: Violations = ({ subject, twin }) =>
  wrong(subject.held !== twin.held && `held is ${subject.held} at once, not ${twin.held}`);

export const partsSumToTheWhole: Violations = (seen) =>
  wrong(...seen.wrongs, ...permitsGiveBackTheirOwn(seen), ...headDoesNotFit(seen), ...likeTheTwin(seen));

export const capacityIsTheTwins: Violations = ({ subject, twin }) =>
  wrong(subject.capacity !== twin.capacity && `the capacity is ${subject.capacity}, not ${twin.capacity}`);

export const sizeCountsFromTheNextGrant: Violations = (seen) => {
  const outgrown = seen.asked.filter(({ ended }) => ended === "resize");
  return wrong(
    ...seen.wrongs,
    ...capacityIsTheTwins(seen),
    heldIsLent(seen),
    all(
      outgrown.filter(({ state }) => state === "pending"),
      "wait for more than there will be",
    ),
    all(
      outgrown.filter(({ state, error }) => state === "rejected" && codeOf(error) !== "ERR_TOO_HEAVY"),
      "were outgrown by a resize, and rejected with an error whose code is not ERR_TOO_HEAVY",
    ),
    ...headDoesNotFit(seen),
    ...likeTheTwin(seen),
  );
};
