/** What came of a trial, in words that pass from one process to another. */
export interface Verdict {
  /** `broken`: a schedule breaks the law. `failed`: something else went wrong, which says nothing about the law. */
  readonly outcome: "kept" | "broken" | "failed";
  /** How many schedules kept the law, or what was wrong. */
  readonly says: string;
}

/** Somewhere a trial can be held. */
export interface Runtime {
  /** Says what it is, with its version. */
  readonly name: string;
  /**
   * Holds the trial of this title.
   *
   * - **Order:** one trial at a time.
   * - **Abort:** cannot be stopped but by closing the runtime.
   * - **Errors:** rejects if the runtime does not answer; a trial that goes wrong is a verdict.
   */
  judge(title: string): Promise<Verdict>;
  /** The titles of all trials that it knows. */
  titles(): Promise<string[]>;
  close(): Promise<void>;
}
