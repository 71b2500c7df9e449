import type { Sinner } from "../law.js";
import { sinfulRelease } from "./reference.js";
import { type OpeningSins, sinfulAdmit } from "./reference-admit.js";
import { isReadable } from "./reference-node.js";
import type { ReleaseSins } from "./reference-sins.js";
import type { MakeRelease, StreamKind } from "./subject.js";
import { BYOB_STREAM, isByteStream } from "./web-kinds.js";

export type ReleaseSin = keyof ReleaseSins;

const SAID: Readonly<Record<ReleaseSin, string>> = {
  neverOnError: "never releases when the source fails",
  neverOnLeave: "never releases when the consumer leaves",
  onErrorAndAgainWhenLeft: "releases on an error and again when it is left",
  whenOpened: "releases when the handler returns",
  whenSourceHasEnded: "releases when the source has ended, with chunks yet to be read",
  readsAhead: "has the default high-water mark",
  wrapsErrors: "wraps the error of the source",
  copiesChunks: "gives copies of the chunks",
  losesTheKind: "turns one kind of stream into another",
  leavesReadsWaiting: "never ends for who reads into buffers of their own",
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

const OF_GARBAGE: ReadonlySet<ReleaseSin> = new Set([
  "keepsWhatNobodyHas",
  "reportsNoLeak",
  "onlyReportsLeaks",
]);

const PLAN = { chunks: 0, ending: "stall", eager: false, endsWithLast: false, failure: new Error() } as const;

/** Whether it is one on this kind of stream: what some cannot do wrong is no sin on them. */
function isSin(sin: ReleaseSin, kind: StreamKind): boolean {
  const { stream } = kind.open(PLAN);
  const ofTheWeb = stream instanceof ReadableStream || stream instanceof Response;
  switch (sin) {
    case "onErrorAndAgainWhenLeft":
      // A web stream that has failed does not tell its source that it is left.
      return !ofTheWeb;
    case "twiceWhenLeftWhileAsked":
      // A Node stream is asked for nothing.
      return !isReadable(stream);
    case "copiesChunks":
      // Bytes are told apart by what they are.
      return stream instanceof ReadableStream ? !isByteStream(stream) : !ofTheWeb;
    case "leavesReadsWaiting":
      return kind === BYOB_STREAM;
    case "leavesSourceRunning":
    case "leavesStalledSourceRunning":
      return kind.stops !== "never";
    case "cancelsWithoutReason":
      // A generator does not hear it.
      return kind.stops === undefined;
    default:
      return true;
  }
}

/** A sin on each kind of stream on which it is one. */
export const releaseSinners = (
  sins: readonly ReleaseSin[],
  kinds: readonly StreamKind[],
): Sinner<MakeRelease>[] =>
  sins.flatMap((sin) =>
    kinds
      .filter((kind) => isSin(sin, kind))
      .map((kind) => ({
        sin: SAID[sin],
        needs: OF_GARBAGE.has(sin) ? "gc" : undefined,
        make: () => ({ releaseOnEnd: sinfulRelease({ [sin]: true }), kinds: [kind] }),
      })),
  );

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
