import { Channel } from "@sluice/channel";
import {
  CHANNEL_LAWS,
  channelLaws,
  type Law,
  type LawRun,
  READ_SLOT_LAWS,
  RELEASE_LAWS,
  type ReleaseLike,
  readSlotLaws,
  releaseLaws,
  SEMAPHORE_LAWS,
  semaphoreLaws,
  type UncheckedLaw,
  webKinds,
} from "@sluice/laws";
import { ReadSlots } from "@sluice/read-slots";
import { admit, type Ending, releaseOnEnd } from "@sluice/release";
import { Semaphore } from "@sluice/semaphore";
import type { Verdict } from "./verdict.js";

/** One test: that a law holds here, that its check convicts a sinner here, or that a broken trial is told from both. */
export interface Trial {
  /** Unique. */
  readonly title: string;
  readonly expects: Verdict["outcome"];
  /** It says something only where `globalThis.gc` collects garbage. */
  readonly needs?: "gc" | undefined;
  /** Settles if the law was kept, and says in how many schedules. */
  run(): Promise<number>;
}

// A runtime differs in its streams, its timers and the order of its microtasks, and few schedules tell. How many there
// are does not differ: they are walked and played on Node.
const EFFORT = { runs: 40, operations: 2 };
const SINNERS = { runs: 100, seed: 1, shrink: false };

// The laws know streams of any kind; the types of Sluice name those that it knows.
const releases: ReleaseLike = {
  releaseOnEnd: (stream, release, options) =>
    releaseOnEnd(stream as unknown as Ending, release, options) as unknown as typeof stream,
  admit: ((semaphore, weight, open) => admit(semaphore, weight, open as never)) as ReleaseLike["admit"],
};

/** All trials, the same wherever this is asked. Laws that the clock decides are left to Node. */
export const TRIALS: readonly Trial[] = unique([
  ...webKinds().flatMap((kind) =>
    holding(
      releaseLaws(() => releases, {}, [kind]),
      `, ${kind.name}`,
    ),
  ),
  ...convicting(
    RELEASE_LAWS,
    (make) =>
      `, ${make()
        .kinds.map(({ name }) => name)
        .join(", ")}`,
  ),
  ...holding(semaphoreLaws((capacity, options) => new Semaphore(capacity, options))),
  ...convicting(SEMAPHORE_LAWS),
  ...holding(channelLaws((options) => new Channel(options))),
  ...convicting(CHANNEL_LAWS),
  ...holding(readSlotLaws((slots) => new ReadSlots(slots))),
  ...convicting(READ_SLOT_LAWS),
  broken("an error that is no breach convicts nobody", () => Promise.reject(new ReferenceError("not here"))),
  broken("a rejection that nobody handles is no way to keep a law", async () => {
    void Promise.reject(new Error("nobody handles it"));
  }),
  broken("an error that nobody catches is no way to keep a law", async () => {
    queueMicrotask(() => {
      throw new Error("nobody catches it");
    });
  }),
]);

function broken(title: string, play: () => Promise<void>): Trial {
  return { title, expects: "failed", run: () => play().then(() => 1) };
}

function holding(laws: readonly LawRun[], subject = ""): Trial[] {
  return laws
    .filter(({ kind }) => kind === "must")
    .map(({ id, says, run }) => ({
      title: `${id}${subject}: ${says}`,
      expects: "kept",
      run: async () => sum(await run(EFFORT)),
    }));
}

function convicting<Make>(
  laws: readonly (Law<Make> | UncheckedLaw)[],
  subject: (make: Make) => string = () => "",
): Trial[] {
  return laws.flatMap((law) =>
    law.kind !== "must"
      ? []
      : law.sinners.map(({ sin, make, needs }) => ({
          needs,
          title: `${law.id} convicts a subject that ${sin}${subject(make)}`,
          expects: "broken",
          run: async () => {
            // Most need few operations to be convicted: whom the random schedules convict is spared the long walk.
            const few = await played(law, make, EFFORT.operations);
            return few + (await played(law, make));
          },
        })),
  );
}

async function played<Make>(law: Law<Make>, make: Make, operations?: number): Promise<number> {
  const outcome = await law.check(make, { ...SINNERS, operations });
  return sum(outcome ?? { walked: 0, random: SINNERS.runs });
}

const sum = ({ walked, random }: { readonly walked: number; readonly random: number }) => walked + random;

// Two sinners may sin in the same words, each in its own way.
function unique(trials: readonly Trial[]): Trial[] {
  const seen = new Map<string, number>();
  return trials.map((trial) => {
    const nth = (seen.get(trial.title) ?? 0) + 1;
    seen.set(trial.title, nth);
    return nth === 1 ? trial : { ...trial, title: `${trial.title} (${nth})` };
  });
}
