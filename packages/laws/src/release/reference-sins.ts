import type { ClockSins } from "./reference-clock.js";
import type { LeakSins } from "./reference-leaks.js";

/** What a small wrong implementation does wrong. */
export interface ReleaseSins extends ClockSins, LeakSins {
  neverOnError?: boolean;
  neverOnLeave?: boolean;
  onErrorAndAgainWhenLeft?: boolean;
  twiceWhenLeftWhileAsked?: boolean;
  whenOpened?: boolean;
  whenSourceHasEnded?: boolean;
  readsAhead?: boolean;
  wrapsErrors?: boolean;
  copiesChunks?: boolean;
  losesTheKind?: boolean;
  leavesReadsWaiting?: boolean;
  leavesSourceRunning?: boolean;
  cancelsWithoutReason?: boolean;
  keepsThePermit?: boolean;
  endsInsteadOfFailing?: boolean;
  failsWithAnyError?: boolean;
  leavesStalledSourceRunning?: boolean;
  startsWithTheFirstRead?: boolean;
  letsReleaseThrow?: boolean;
  swallowsFaults?: boolean;
}

/** What a stream ends with whose budget is spent. */
export const spent = (budget: string, sins: ReleaseSins): Error =>
  Object.assign(new Error(`${budget} is spent`), sins.failsWithAnyError ? {} : { code: "ERR_STALLED" });
