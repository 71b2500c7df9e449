import fc from "fast-check";
import { hold } from "../hold.js";
import type { Effort, Law } from "../law.js";
import { hop, settle } from "../settle.js";
import { Breach } from "../verdicts.js";
import { releaseSinners } from "./sinners.js";
import type { MakeRelease, ReleaseOnEndLike, Source, SourcePlan, StreamKind } from "./subject.js";

const BUDGET = 4;
const MOST_TURNS = 30;

const WAYS = ["left", "lifetime", "idleTimeout", "collected"] as const;
type Way = (typeof WAYS)[number];

/** What a source tells of itself, without the stream. */
type Traces = Pick<Source, "left">;

interface Seen {
  releases: number;
  leaks: number;
}

// A function of its own: what it holds must be gone when it has returned.
function wrapsAndForgets(kind: StreamKind, plan: SourcePlan, wrap: ReleaseOnEndLike, seen: Seen): Traces {
  const { stream, left } = kind.open(plan);
  wrap(stream, () => void seen.releases++, { onLeak: () => void seen.leaks++ });
  return { left };
}

function wraps(kind: StreamKind, plan: SourcePlan, wrap: ReleaseOnEndLike, seen: Seen, way: Way): void {
  const { stream } = kind.open(plan);
  const options = way === "left" ? {} : { [way]: BUDGET };
  const wrapped = wrap(stream, () => void seen.releases++, options);
  if (way === "left") kind.consume(wrapped).leave(new Error("it is not needed"));
}

async function judge(
  way: Way,
  kind: StreamKind,
  ending: SourcePlan["ending"],
  wrap: ReleaseOnEndLike,
): Promise<void> {
  const seen: Seen = { releases: 0, leaks: 0 };
  const failure = new Error("the source failed");
  const plan: SourcePlan = { chunks: 2, ending, eager: false, endsWithLast: false, failure };
  const story = [`${kind.name}, never read, and ${way}`];
  if (way !== "collected") {
    wraps(kind, plan, wrap, seen, way);
    for (let turn = 0; turn < MOST_TURNS && seen.releases === 0; turn++) await hop();
  } else {
    const collect = (globalThis as { gc?: () => void }).gc;
    // Nobody can be asked to collect garbage: then there is nothing to be seen of it.
    if (!collect) return;
    wrapsAndForgets(kind, plan, wrap, seen);
    for (let turn = 0; turn < MOST_TURNS && seen.leaks + seen.releases === 0; turn++) {
      collect();
      await hop();
    }
    await settle(() => seen.leaks > 0);
    if (seen.leaks !== 1) throw new Breach(`the leak was reported ${seen.leaks} times`, story);
  }
  await settle(() => seen.releases > 0);
  if (seen.releases !== 1) throw new Breach(`it was released ${seen.releases} times`, story);
}

export const R7 = (kinds: readonly StreamKind[]): Law<MakeRelease> => ({
  id: "R7",
  kind: "must",
  says: "A stream that is never read gives its permit back when it is cancelled, destroyed, timed out, or (statistical) collected, and the leak is reported.",
  hint: "what is only set up by the first read, and what keeps alive a stream that nobody has",
  needs: "timeBudgets",
  sinners: releaseSinners(
    ["neverOnLeave", "startsWithTheFirstRead", "keepsWhatNobodyHas", "reportsNoLeak", "onlyReportsLeaks"],
    kinds,
  ),
  check: (make: MakeRelease, effort: Effort) => {
    const { releaseOnEnd, kinds } = make();
    const property = fc.asyncProperty(
      fc.constantFrom(...WAYS),
      fc.constantFrom(...kinds),
      fc.constantFrom<SourcePlan["ending"]>("end", "error", "stall"),
      (way, kind, ending) => judge(way, kind, ending, releaseOnEnd),
    );
    return hold(property, effort);
  },
});
