import type { SemaphoreLike, WaitLike } from "../semaphore/subject.js";

/** What the laws send through a channel. */
export interface Parcel {
  readonly id: number;
  readonly weight: number;
}

/**
 * A bounded channel, as the laws need it: `@sluice/channel` fits, and so does any other with a small adapter.
 * What a subject lacks, its laws are waived for, with the reason.
 */
export interface ChannelLike<T> {
  trySend(item: T): boolean;
  send(item: T, options?: WaitLike): Promise<void>;
  tryReceive(): { readonly value: T } | undefined;
  /** At the end it rejects with the code `ERR_CLOSED`, or with what was given to `fail`. */
  receive(options?: WaitLike): Promise<T>;
  /** C17: `[]` at the end. */
  receiveMany?(max: number, options?: WaitLike): Promise<T[]>;
  /** C17. */
  drain?(max: number): T[];
  [Symbol.asyncIterator](): AsyncIterator<T>;
  close(): void;
  /** C4. */
  fail?(error: unknown): void;
  /** C7. */
  cancel?(reason?: unknown): void;
  /** C12: an iterator whose end cancels the channel. */
  consume?(): AsyncIterator<T>;
  /** C10. */
  reserve?(options?: WaitLike & { readonly weight?: number | undefined }): Promise<SeatLike<T>>;
  /** C16: whether there is room, or the channel has ended. */
  whenRoom?(options?: WaitLike): Promise<boolean>;
  /** C8, C9. */
  snapshot?(): { readonly dropped: number; readonly rejected: number };
}

/** Room without an item, as the laws need it. Each of the two works once, and then neither. */
export interface SeatLike<T> {
  send(item: T): void;
  release(): void;
}

/** What a send does when there is no room. A rejected one says `ERR_FULL` and has the item in its field `item`. */
export type WhenFull = "wait" | "reject" | "drop-oldest" | "drop-newest" | "drop-incoming";

export interface ChannelLikeOptions<T> {
  /** In weights; 0 is a rendezvous. */
  readonly capacity: number;
  readonly weigh: (item: T) => number;
  /** C13: each buffered item holds its weight of it. */
  readonly budget?: SemaphoreLike;
  /** C15: waiting senders are let in when no more than this is buffered; whenever the oldest fits if left out. */
  readonly lowWater?: number;
  /** C8, C9: `"wait"` if left out. */
  readonly whenFull?: WhenFull;
  /** C7, C8: gets each item that was accepted and will not be received. */
  readonly onUndelivered: (item: T, why: "dropped" | "cancelled") => void;
}

/** Makes a fresh channel; called once for each schedule. */
export type MakeChannel = (options: ChannelLikeOptions<Parcel>) => ChannelLike<Parcel>;
