const MIB = 2 ** 20;

/** Bytes of the object that is read first, and whose digest is compared. */
export const WARM_UP = 32 * MIB;

/** How much is downloaded, and how often. */
export interface Plan {
  /** Bytes of the download that counts. */
  readonly bytes: number;
  readonly rangeSize: number;
  /** Ranges at a time. */
  readonly window: number;
  readonly rounds: number;
  /** Bytes a second of each connection, where that is limited. */
  readonly rate: number;
  /** How many ranges at a time are tried there. */
  readonly windows: readonly number[];
  /** Bytes for each range of the window, there. */
  readonly bytesEach: number;
  /** Milliseconds for which nobody reads. */
  readonly stall: number;
  /** Milliseconds for each process. */
  readonly deadline: number;
}

export const whole = (rounds: number): Plan => ({
  bytes: 2048 * MIB,
  rangeSize: 8 * MIB,
  window: 4,
  rounds,
  rate: 10 * MIB,
  windows: [1, 2, 4, 8, 16],
  bytesEach: 40 * MIB,
  stall: 2_000,
  deadline: 240_000,
});

/** Enough to see whether all of it works, and who is far off. */
export const quick = (rounds: number): Plan => ({
  ...whole(rounds),
  bytes: 256 * MIB,
  windows: [1, 4],
  bytesEach: 16 * MIB,
  stall: 1_000,
});
