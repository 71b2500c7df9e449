import type { Sinner } from "../law.js";
import { iterableKind } from "./iterable-kind.js";
import { type ReleaseSins, sinfulRelease } from "./reference.js";
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
};

const OF_ITERABLES: ReadonlySet<ReleaseSin> = new Set(["onErrorAndAgainWhenLeft", "neverWhenLoopIsLeft"]);

/** Each sinner is judged on the one kind of stream on which it sins; on the other it would be lawful. */
export const releaseSinner = (sin: ReleaseSin): Sinner<MakeRelease> => ({
  sin: SAID[sin],
  make: () => ({
    releaseOnEnd: sinfulRelease({ [sin]: true }),
    kinds: [OF_ITERABLES.has(sin) ? iterableKind() : webStreamKind()],
  }),
});
