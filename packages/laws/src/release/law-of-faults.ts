import fc from "fast-check";
import { hold } from "../hold.js";
import type { Effort, Law } from "../law.js";
import { Breach } from "../verdicts.js";
import { releaseSinners } from "./sinners.js";
import type { MakeRelease, ReleaseOnEndLike, StreamKind } from "./subject.js";
import { type Plan, plans, tell } from "./telling.js";
import { uncaughtDuring } from "./uncaught.js";

async function judge(plan: Plan, wrap: ReleaseOnEndLike): Promise<void> {
  const fault = new Error("the release is broken");
  const plain = await tell(plan, (stream) => stream);
  let telling: Awaited<ReturnType<typeof tell>> | undefined;
  const reported = await uncaughtDuring(async () => {
    telling = await tell(plan, wrap, () => {
      throw fault;
    });
  });
  const { steps, story, over } = telling!;
  plain.steps.forEach(({ what }, i) => {
    if (steps[i]?.what !== what) throw new Breach(`with a release that works it is "${what}"`, story);
  });
  const foreign = reported.find((error) => error !== fault);
  if (foreign !== undefined) throw new Breach(`it was reported that ${String(foreign)}`, story);
  if (reported.length !== (over ? 1 : 0)) throw new Breach(`it was reported ${reported.length} times`, story);
}

export const R8 = (kinds: readonly StreamKind[]): Law<MakeRelease> => ({
  id: "R8",
  kind: "must",
  says: "An error thrown by `release` never masks the stream's own error and never goes unreported.",
  hint: "who calls release, and in the middle of what",
  sinners: releaseSinners(["letsReleaseThrow", "swallowsFaults"], kinds),
  check: (make: MakeRelease, effort: Effort) => {
    const { releaseOnEnd, kinds } = make();
    const property = fc.asyncProperty(plans(kinds), (plan) => judge(plan, releaseOnEnd));
    return hold(property, effort);
  },
});
