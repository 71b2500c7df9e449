import type { Kind } from "./client.js";

/** How big a flood is. */
export interface Plan {
  /** The hard limit, in MiB. */
  readonly limitMib: number;
  /** Frames of 8 MiB in each answer. */
  readonly frames: number;
  readonly crowd: Readonly<Record<Kind, number>>;
  /** Of the limit, for the budget. */
  readonly share: number;
  /** How many may wait for their turn. */
  readonly maxWaiting: number;
  /** Milliseconds that they wait at the most. */
  readonly patience: number;
  /** Milliseconds without progress, after which a client loses its answer. */
  readonly idle: number;
  /** Milliseconds for the clients; the server has a little more. */
  readonly deadline: number;
}

// Those who stop reading are so many that what is held for them alone is more than the limit. So it does not depend on the
// speed of the machine who is killed. And an answer is longer than what two sockets can hold of it.

export const WHOLE: Plan = {
  limitMib: 512,
  frames: 4,
  crowd: { fast: 28, slow: 18, leaves: 6, hurries: 6, stops: 32 },
  share: 0.25,
  maxWaiting: 30,
  patience: 20_000,
  idle: 3_000,
  deadline: 180_000,
};

export const QUICK: Plan = {
  limitMib: 256,
  frames: 3,
  crowd: { fast: 6, slow: 3, leaves: 2, hurries: 2, stops: 16 },
  share: 0.25,
  maxWaiting: 10,
  patience: 10_000,
  idle: 800,
  deadline: 60_000,
};

export const sizeOf = ({ crowd }: Plan): number =>
  Object.values(crowd).reduce((sum, count) => sum + count, 0);
