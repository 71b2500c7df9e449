import fc from "fast-check";
import { hold } from "../hold.js";
import type { Effort, Law } from "../law.js";
import { hop, settle } from "../settle.js";
import { Breach } from "../verdicts.js";
import { releaseSinners } from "./sinners.js";
import type { MakeRelease, ReleaseLikeOptions, ReleaseOnEndLike, SourcePlan, StreamKind } from "./subject.js";

/** Short, as it passes in real time, and long enough to be seen by every clock. */
const BUDGET = 4;
const NEVER = 60_000;
/** Turns of the event loop, of at least a millisecond each. */
const SOME = 8;

/** Who reads, under which budget, and whether it is lost. */
interface Case {
  readonly says: string;
  readonly options: ReleaseLikeOptions;
  readonly ending: SourcePlan["ending"];
  readonly behaves: "stops" | "waits" | "gets on" | "ends";
  readonly lost: boolean;
}

const CASES: readonly Case[] = [
  ...[{ idleTimeout: BUDGET }, { lifetime: BUDGET }, { idleTimeout: BUDGET, lifetime: NEVER }].map(
    (options): Case => ({ says: "stops to read", options, ending: "stall", behaves: "stops", lost: true }),
  ),
  {
    ...{ says: "stops to read, within its budget", options: { idleTimeout: NEVER, lifetime: NEVER } },
    ...{ ending: "stall", behaves: "stops", lost: false },
  },
  {
    ...{ says: "waits for the source", options: { idleTimeout: BUDGET } },
    ...{ ending: "stall", behaves: "waits", lost: false },
  },
  {
    ...{ says: "waits for the source until its time is over", options: { lifetime: BUDGET } },
    ...{ ending: "stall", behaves: "waits", lost: true },
  },
  {
    ...{ says: "takes a chunk each turn", options: { idleTimeout: 20 * BUDGET } },
    ...{ ending: "stall", behaves: "gets on", lost: false },
  },
  {
    ...{ says: "reads to the end", options: { idleTimeout: BUDGET, lifetime: BUDGET } },
    ...{ ending: "end", behaves: "ends", lost: false },
  },
];

async function judge(
  { says, options, ending, behaves, lost }: Case,
  kind: StreamKind,
  reads: number,
  wrap: ReleaseOnEndLike,
): Promise<void> {
  let releases = 0;
  const chunks = behaves === "stops" || behaves === "gets on" ? 100 : reads;
  const failure = new Error("the source failed");
  const source = kind.open({ chunks, ending, eager: false, endsWithLast: false, failure });
  const consumer = kind.consume(
    wrap(
      source.stream,
      () => {
        releases++;
      },
      options,
    ),
  );
  const story = [`${kind.name}, ${JSON.stringify(options)}: a consumer that ${says} after ${reads} chunks`];
  const breach = (what: string) => new Breach(what, story);
  for (let read = 0; read < reads; read++) await consumer.read();

  let seen: unknown = "no answer";
  const ask = () =>
    consumer.read().then(
      (answer) => {
        seen = answer;
      },
      (error) => {
        seen = error;
      },
    );
  if (behaves === "waits" || behaves === "ends") ask();
  const turn = async () => {
    await hop();
    if (behaves === "gets on") await ask();
  };
  for (let turns = 0; turns < SOME || (lost && releases === 0 && turns < 20 * SOME); turns++) await turn();
  if (behaves === "stops" && lost) ask();
  await settle(() => !lost || seen !== "no answer");

  const expected = lost || behaves === "ends" ? 1 : 0;
  if (releases !== expected) throw breach(`it was released ${releases} times`);
  const code = (seen as { code?: unknown }).code;
  if (lost && code !== "ERR_STALLED") throw breach(`who asks hears ${String(seen)}`);
  if (!lost && code !== undefined) throw breach(`it was lost: ${String(seen)}`);
  const canStop = kind.stops === "between reads" ? reads > 0 && behaves === "stops" : kind.stops !== "never";
  if (lost && canStop && !source.left()) {
    throw breach("the source was not told to stop");
  }
  if (!lost && behaves !== "ends" && source.left()) throw breach("the source was told to stop");
  // What waits for nothing goes on for ever, and so would its timers.
  if (!lost && behaves !== "ends") consumer.leave(failure).catch(() => {});
}

export const R6 = (kinds: readonly StreamKind[]): Law<MakeRelease> => ({
  id: "R6",
  kind: "must",
  says: "With a time budget (idle or total), a stalled consumer loses the stream with a clear error, and the permit is back.",
  hint: "what starts, stops and resets the timers, and whom they tell",
  needs: "timeBudgets",
  sinners: releaseSinners(
    [
      "waitsForEver",
      "countsTheSource",
      "countsFromTheBeginning",
      "keepsThePermit",
      "endsInsteadOfFailing",
      "failsWithAnyError",
      "leavesStalledSourceRunning",
    ],
    kinds,
  ),
  check: (make: MakeRelease, effort: Effort) => {
    const { releaseOnEnd, kinds } = make();
    const property = fc.asyncProperty(
      fc.constantFrom(...CASES),
      fc.constantFrom(...kinds),
      fc.nat({ max: 2 }),
      (one, kind, reads) => judge(one, kind, reads, releaseOnEnd),
    );
    return hold(property, effort);
  },
});
