//  A law      its sentence, its check, and the sinners that the check must convict   law.ts
//    check ── runs a property of fast-check ──▶ hold.ts (a counterexample with its story)
//  A subject  joins with one call: xLaws(make, waivers) ──▶ LawRun[]                 join.ts
//  The ledger every law there is, checked or not                                     ledger.ts, unchecked.ts
//
//  For subjects that are driven by commands there is more, used by semaphore/ and channel/:
//  random steps (steps.ts), every short schedule of a small world (small-scope.ts), and the play itself (trial.ts)
//
// To add a law: write a `Law` in the folder of its subject, add it to that folder's list, and take its
// sentence out of unchecked.ts. To add a subject: a folder with its structural interface (`…Like`), its laws
// and its sinners, an entry function that calls `join`, and the list of its laws in ledger.ts.

/** A law's number, for good: M semaphore, C channel, R release, S read slots, O store, U upload, D download, G gateway. */
export type LawId = `${"M" | "C" | "R" | "S" | "O" | "U" | "D" | "G"}${number}`;

/** `must`: checked on every schedule; `statistical`: measured; `unverified`: no check, so never green. */
export type LawKind = "must" | "statistical" | "unverified";

/** What a subject may lack altogether, so that it is not judged by the laws that are about it. */
export type Feature =
  | ("signal" | "split" | "resize" | "tryAcquire" | "maxWaiting")
  | ("weigh" | "whenFull" | "lowWater" | "budget" | "reserve" | "whenRoom" | "receiveMany")
  | ("close" | "fail" | "cancel" | "consume")
  | ("admit" | "timeBudgets")
  | ("length" | "integrity" | "retry" | "progress" | "resume" | "disk");

/** How hard a check tries. */
export interface Effort {
  /** How many random schedules. */
  readonly runs: number;
  /** The same seed gives the same schedules. */
  readonly seed: number;
  /** How many operations a schedule has, at most, of those that are all walked; 4 unless told. */
  readonly operations?: number | undefined;
  /** `false` stops at the first schedule that breaks the law, instead of looking for the smallest. */
  readonly shrink?: boolean | undefined;
}

/** A small wrong implementation. The law that lists it must convict it, or the law is worth nothing. */
export interface Sinner<Make> {
  /** What it does wrong, to be read behind "a subject that": `"wakes one of three that fit"`. */
  readonly sin: string;
  readonly make: Make;
  /** It sins only when garbage is collected, so that nothing is seen of it where there is no `globalThis.gc`. */
  readonly needs?: "gc" | undefined;
}

/** How many schedules a subject has been through. */
export interface Played {
  /** All that there are in a small world. */
  readonly walked: number;
  readonly random: number;
}

/** A promise with a check. `Make` is the factory of the subject under judgement. */
export interface Law<Make> {
  readonly id: LawId;
  readonly kind: Exclude<LawKind, "unverified">;
  /** One sentence; it stands nowhere else. */
  readonly says: string;
  /** Where to look first, to be read behind "if this fails, look at". */
  readonly hint: string;
  readonly sinners: readonly Sinner<Make>[];
  /** Who lacks this need not waive the law one by one. */
  readonly needs?: Feature | undefined;
  /** How many schedules its check walks, of at most 4 operations of 3 parties each. */
  readonly walks?: number | undefined;
  /**
   * Judges fresh subjects, made with `make`.
   *
   * - **Order:** one schedule after the other.
   * - **Abort:** cannot be stopped; it ends after the schedules that are walked and `runs` random ones.
   * - **Errors:** rejects if the law is broken, with a `Counterexample` where a schedule shows it.
   */
  check(make: Make, effort: Effort): Promise<Played> | Promise<void>;
}

/** How a law judges. */
export type Judging<Make> = Pick<Law<Make>, "check" | "walks">;

/** A promise that nothing checks yet, or nothing can. */
export interface UncheckedLaw {
  readonly id: LawId;
  readonly kind: "unverified";
  readonly says: string;
  readonly reason: string;
}
