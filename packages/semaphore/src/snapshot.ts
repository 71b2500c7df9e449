/** A plain record of a moment, and of what has happened until then. */
export interface SemaphoreSnapshot {
  readonly name: string | undefined;
  readonly capacity: number;
  /** The weights of the live permits. */
  readonly held: number;
  readonly peakHeld: number;
  /** How many wait, and their weights. */
  readonly waiting: number;
  readonly waitingWeight: number;
  /** How many requests were granted, shed, timed out and aborted. */
  readonly granted: number;
  readonly shed: number;
  readonly timedOut: number;
  readonly aborted: number;
  /**
   * Milliseconds during which somebody waited, one or many: what Linux calls "some" pressure. While the line is never
   * empty it is brought up to date every 64 grants.
   */
  readonly waitMs: number;
}
