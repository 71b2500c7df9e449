import type { Sinner } from "../law.js";
import { type Sins, sinful } from "./reference.js";
import type { MakeReadSlots } from "./subject.js";

const SAID: Readonly<Record<keyof Sins, string>> = {
  readsOneAhead: "reads one ahead of its slots",
  freesAtOnce: "frees the slot when the work begins",
  slotAfterRead: "takes the slot after the read",
  leaksOnFailedWork: "keeps the slot of work that failed",
  leaksOnFailedRead: "keeps the slot of a read that failed",
  leaksAtTheEnd: "keeps the slot of the read that found the end",
  leaksWhenLeft: "keeps the slot of the result at which the loop is left",
  keepsWhatIsLeft: "keeps the slots of results that nobody has taken when the loop is left",
  readerHoldsASlot: "holds a slot for the reader itself",
  reorders: "gives out what has finished first",
  unboundedReorderBuffer: "frees the slot of a result that waits for its turn",
  readsOn: "reads on after a failure",
  leavesTheSourceOpen: "does not tell the source to stop",
  onlyReturns: "tells streams to stop in a way that they hear only after the pending read",
  surfacesTooEarly: "rejects while work is still in progress",
  surfacesTheLast: "rejects with the last failure",
  waitsForAStalledSource: "waits for a read that never settles",
  waitsForTheReturn: "waits for a `return()` that stands behind a read that never settles",
  ignoresAbort: "does not listen to the signal",
  wrapsTheReason: "rejects with an error of its own in the place of the reason",
};

export const sinner = (sin: keyof Sins): Sinner<MakeReadSlots> => ({
  sin: SAID[sin],
  make: sinful({ [sin]: true }),
});
