import type { Wish } from "./crowd-client.js";

const MIB = 2 ** 20;

/** Clients that come at once, and how often. */
export interface Crowd {
  readonly id: string;
  readonly says: string;
  readonly crowd: Readonly<Partial<Record<Wish, number>>>;
  readonly times: number;
  /** What it does to a gateway without governance, if that is to be shown. */
  readonly ungoverned?: "killed" | "served" | undefined;
}

export interface FloodPlan {
  /** The hard limits, in MiB. */
  readonly limits: readonly number[];
  /** Bytes that the gateway may hold. */
  readonly budget: number;
  /** Bytes of a frame that is encrypted as one. */
  readonly frame: number;
  /** Of an object, and of a part. */
  readonly bytes: number;
  readonly partBytes: number;
  readonly waitTimeout: number;
  readonly idleTimeout: number;
  /** Milliseconds for the clients. */
  readonly deadline: number;
  readonly crowds: readonly Crowd[];
}

const SIZES = { budget: 64 * MIB, frame: 8 * MIB, bytes: 16 * MIB, partBytes: 8 * MIB };

export const WHOLE: FloodPlan = {
  ...SIZES,
  limits: [512, 256],
  waitTimeout: 20_000,
  idleTimeout: 10_000,
  deadline: 300_000,
  crowds: [
    {
      id: "gets",
      says: "90 GETs at once, 180 in all",
      crowd: { get: 60, slow: 30 },
      times: 2,
      ungoverned: "killed",
    },
    { id: "mix", says: "53 GETs and 53 PUTs at once", crowd: { get: 53, put: 53 }, times: 1 },
    { id: "parts", says: "192 UploadParts at once", crowd: { part: 192 }, times: 1, ungoverned: "served" },
    { id: "thousand", says: "1,000 clients at once, each asks once", crowd: { once: 1_000 }, times: 1 },
  ],
};

export const QUICK: FloodPlan = {
  ...SIZES,
  limits: [256],
  waitTimeout: 10_000,
  idleTimeout: 5_000,
  deadline: 100_000,
  crowds: [
    { id: "mix", says: "24 GETs and 12 PUTs at once", crowd: { get: 16, slow: 8, put: 12 }, times: 1 },
    { id: "parts", says: "48 UploadParts at once", crowd: { part: 48 }, times: 1 },
    { id: "many", says: "200 clients at once, each asks once", crowd: { once: 200 }, times: 1 },
  ],
};

/** How fast bytes pass: directly, and through the gateway. */
export interface PassPlan {
  readonly rounds: number;
  readonly bytes: number;
  readonly count: number;
  readonly concurrency: number;
  readonly budget: number;
  /** Bytes a second of each connection to the server, where the network is the bottleneck. */
  readonly rate: number;
  readonly deadline: number;
}

export const passPlan = (rounds: number, quick: boolean): PassPlan => ({
  rounds,
  bytes: 16 * MIB,
  count: quick ? 16 : 64,
  concurrency: 8,
  budget: 64 * MIB,
  rate: 10 * MIB,
  deadline: 120_000,
});
