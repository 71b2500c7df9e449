export const BUCKET = "bench";
export const REGION = "us-east-1";
export const CREDENTIALS = { accessKeyId: "nobody", secretAccessKey: "nothing" } as const;

export interface Terms {
  /** Of the server. */
  readonly endpoint: string;
  /** Ranges at a time, for those that know ranges. */
  readonly window: number;
  /** Bytes. */
  readonly rangeSize: number;
}

/** Whoever downloads. It may keep connections from one download to the next. */
export interface Subject {
  /**
   * Hands over every byte of an object, in order.
   *
   * - **Order:** does not matter.
   * - **Abort:** up to `take`: if it throws, this rejects.
   * - **Errors:** its own, and what `take` throws.
   */
  read(key: string, take: (chunk: Uint8Array) => void): Promise<void>;
  /**
   * Takes the first bytes of an object, and then nothing. Returns what ends that.
   *
   * - **Order:** does not matter.
   * - **Abort:** what it returns.
   * - **Errors:** its own.
   */
  stall(key: string): Promise<() => unknown>;
}

export type Open = (terms: Terms) => Subject;
