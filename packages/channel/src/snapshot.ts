/** A plain record of a moment, and of what has happened until then. */
export interface ChannelSnapshot {
  readonly name: string | undefined;
  /** "draining": closed or failed, but not all that was sent has been received, or a seat is still held. */
  readonly phase: "open" | "draining" | "closed" | "failed" | "cancelled";
  readonly capacity: number;
  /** How many items are buffered, and their weights. */
  readonly size: number;
  readonly weight: number;
  readonly peakWeight: number;
  /** `weight` as a share of `capacity`, from 0 to 1; 0 for a rendezvous. */
  readonly fullness: number;
  readonly waitingSenders: number;
  readonly waitingReceivers: number;
  /** How many items were accepted and received. */
  readonly sent: number;
  readonly received: number;
  /** How many accepted items were dropped to stay within the capacity, and how many were refused by `"reject"`. */
  readonly dropped: number;
  readonly rejected: number;
}
