const MIB = 2 ** 20;

/** How much is uploaded, and how often. */
export interface Plan {
  /** Bytes of the upload that counts, and of the one before it. */
  readonly bytes: number;
  readonly warmUp: number;
  /** Bytes while it is looked at what is alive; that takes time. */
  readonly liveBytes: number;
  readonly viewBytes: number;
  /** Bytes of a part, and how many of them at a time. */
  readonly partSize: number;
  readonly slots: number;
  readonly rounds: number;
  /** Milliseconds for each process. */
  readonly deadline: number;
}

const SIZES = { partSize: 8 * MIB, slots: 4, deadline: 240_000 };

export const whole = (rounds: number): Plan => ({
  ...SIZES,
  bytes: 1024 * MIB,
  warmUp: 64 * MIB,
  liveBytes: 96 * MIB,
  viewBytes: 32 * MIB,
  rounds,
});

/** Enough to see whether all of it works, and who is far off. */
export const quick = (rounds: number): Plan => ({
  ...whole(rounds),
  bytes: 256 * MIB,
  warmUp: 32 * MIB,
  liveBytes: 64 * MIB,
  viewBytes: 24 * MIB,
});

/** Milliseconds that the sink holds back its answers while it is looked at what is alive, so that every slot is full. */
export const HELD_BACK = 50;
