import type { MakeChannel, MakeSemaphore, Waivers } from "@sluice/laws";

/** What a schedule may ask for and a rival may not have; *permits* where something calls `release()` twice. */
export type Feature =
  | "weights"
  | "signals"
  | "time-outs"
  | "permits"
  | "tryAcquire"
  | "trySend"
  | "tryReceive"
  | "rendezvous";

interface Described {
  /** The name of its package. */
  readonly name: string;
  /** The schedules that ask for any of these are not played on it. */
  readonly lacks: readonly Feature[];
  /** The laws that it is not judged by at all, each with the reason. */
  readonly waivers: Waivers;
  /** How the adapter translates what is not plain, to be read behind the name. */
  readonly adapter: string;
}

export interface SemaphoreRival extends Described {
  readonly kind: "semaphore";
  readonly make: MakeSemaphore;
}

export interface ChannelRival extends Described {
  readonly kind: "channel";
  readonly make: MakeChannel;
}

/** Somebody else's implementation, with the adapter that lets the laws judge it. */
export type Rival = SemaphoreRival | ChannelRival;
