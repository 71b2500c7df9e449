import type { SemaphoreSnapshot } from "@sluice/semaphore";
import type { Shed } from "../admission/admission.js";
import type { Settings } from "../options.js";
import type { Cut, Durations, RequestCount } from "./metrics.js";

/** A plain record of a moment, and of what has happened until then. */
export interface GatewaySnapshot {
  readonly budget: SemaphoreSnapshot;
  /** Requests that were begun and are not over. */
  readonly inProgress: number;
  /** How many wait to be let in, and how many identities hold something or wait. */
  readonly waiting: number;
  readonly identities: number;
  /** Milliseconds for which somebody has waited and nobody was let in. */
  readonly stuckMs: number;
  readonly requests: readonly RequestCount[];
  /** How many were sent away before they touched the store, and why. */
  readonly shed: Readonly<Record<Shed, number>>;
  /** How many were given up on the way, by the code of their event. */
  readonly cut: Readonly<Record<Cut, number>>;
  /** Bytes of objects that were received and delivered. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly durations: Durations;
}

export const snapshotOf = ({ budget, line, metrics }: Settings): GatewaySnapshot => ({
  budget: budget.snapshot(),
  inProgress: metrics.inProgress,
  waiting: line.waiting,
  identities: line.parties,
  stuckMs: line.stuckMs,
  requests: [...metrics.requests.values()].map((count) => ({ ...count })),
  shed: { ...metrics.shed },
  cut: { ...metrics.cut },
  bytesIn: metrics.bytesIn,
  bytesOut: metrics.bytesOut,
  durations: metrics.durations,
});
