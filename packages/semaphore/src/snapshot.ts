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
  /** Milliseconds that requests have stood in line, all together, up to when somebody last joined or left it. */
  readonly waitMs: number;
}
