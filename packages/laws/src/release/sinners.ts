import type { Sinner } from "../law.js";
import { iterableKind } from "./iterable-kind.js";
import { type ReleaseSins, sinfulRelease } from "./reference.js";
import { type OpeningSins, sinfulAdmit } from "./reference-admit.js";
import type { MakeRelease } from "./subject.js";
import { webStreamKind } from "./web-kinds.js";

export type ReleaseSin = keyof ReleaseSins;

const SAID: Readonly<Record<ReleaseSin, string>> = {
  neverOnError: "never releases when the source fails",
  neverOnLeave: "never releases when the consumer cancels",
  onErrorAndAgainWhenLeft: "releases on an error and again when it is left",
  neverWhenLoopIsLeft: "never releases when the loop is left",
  whenOpened: "releases when the handler returns",
  whenSourceHasEnded: "releases when the source has ended, with chunks yet to be read",
  readsAhead: "has the default high-water mark",
  wrapsErrors: "wraps the error of the source",
  copiesChunks: "gives copies of the chunks",
  losesTheKind: "turns one kind of stream into another",
  leavesSourceRunning: "leaves the source running",
  cancelsWithoutReason: "cancels the source without the reason",
  twiceWhenLeftWhileAsked: "releases again when it is left while it is asked",
  waitsForEver: "waits for the slow for ever",
  countsTheSource: "takes a slow source for a slow consumer",
  countsFromTheBeginning: "takes no notice of the consumer's progress",
  keepsThePermit: "takes the stream away and keeps the permit",
  endsInsteadOfFailing: "ends a stalled stream as if it were complete",
  failsWithAnyError: "fails a stalled stream with an error that says nothing",
  leavesStalledSourceRunning: "leaves the source of a stalled stream running",
  startsWithTheFirstRead: "starts its clock with the first read",
  keepsWhatNobodyHas: "holds for ever what nobody has any more",
  reportsNoLeak: "gives back what was collected without a word",
  onlyReportsLeaks: "reports what was collected, and keeps its permit",
  letsReleaseThrow: "lets the error of release replace the ending",
  swallowsFaults: "swallows the error of release",
};

const OF_ITERABLES: ReadonlySet<ReleaseSin> = new Set(["onErrorAndAgainWhenLeft", "neverWhenLoopIsLeft"]);

const OF_GARBAGE: ReadonlySet<ReleaseSin> = new Set([
  "keepsWhatNobodyHas",
  "reportsNoLeak",
  "onlyReportsLeaks",
]);

/** Each sinner is judged on the one kind of stream on which it sins; on the other it would be lawful. */
export const releaseSinner = (sin: ReleaseSin): Sinner<MakeRelease> => ({
  sin: SAID[sin],
  needs: OF_GARBAGE.has(sin) ? "gc" : undefined,
  make: () => ({
    releaseOnEnd: sinfulRelease({ [sin]: true }),
    kinds: [OF_ITERABLES.has(sin) ? iterableKind() : webStreamKind()],
  }),
});

const SAID_OF_OPENING: Readonly<Record<keyof OpeningSins, string>> = {
  leaksOnFailingOpen: "keeps the permit when open fails",
  leaksOnThrow: "keeps the permit when open throws instead of rejecting",
  leaksOnNoStream: "keeps the permit when open gives no stream",
  givesBackLate: "gives the permit back after the failure has surfaced",
  opensFirst: "opens before it has the permit",
};

export const openingSinner = (sin: keyof OpeningSins): Sinner<MakeRelease> => ({
  sin: SAID_OF_OPENING[sin],
  make: () => ({ releaseOnEnd: sinfulRelease({}), admit: sinfulAdmit({ [sin]: true }), kinds: [] }),
});
