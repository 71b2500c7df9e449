import { ClosedError } from "@sluice/semaphore";
import { DONE } from "./iterate.js";
import type { ChannelSnapshot } from "./snapshot.js";

//  open ──close, fail──▶ draining ──last item received, last seat gone──▶ closed (after close), failed (after fail)
//    └──────cancel───────────┴───────────────────────────────────────────▶ cancelled

/** Why nothing more is accepted, and what receivers hear after the last item. */
export interface End {
  readonly by: "close" | "fail" | "cancel";
  readonly reason: unknown;
}

/** The form in which a receiver wants what it gets: bare, as a step of an iterator, several in an array, or handed over. */
export type Wanted = "item" | "step" | "many" | "into";

/** `over`: the last item was received and the last seat is gone. */
export function phaseOf(end: End | undefined, over: boolean): ChannelSnapshot["phase"] {
  if (end === undefined) return "open";
  if (end.by === "cancel") return "cancelled";
  if (!over) return "draining";
  return end.by === "close" ? "closed" : "failed";
}

export const closedError = (end: End | undefined, name: string | undefined): ClosedError =>
  new ClosedError(end?.reason, name);

/** What a receiver gets at the end. */
export function atEnd(wanted: Wanted, end: End | undefined, name: string | undefined): Promise<unknown> {
  if (end?.by === "fail") return Promise.reject(end.reason);
  if (wanted === "item") return Promise.reject(closedError(end, name));
  if (wanted === "into") return Promise.resolve(false);
  return Promise.resolve(wanted === "step" ? DONE : []);
}
