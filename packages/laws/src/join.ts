import type { Effort, Feature, Law, LawId, LawKind, Played, UncheckedLaw } from "./law.js";
import { BadWaiverError, LawBrokenError, NoVerdictError } from "./verdicts.js";

/** Laws that a subject does not keep, or features that it lacks, each with the reason why. */
export type Waivers = Readonly<Partial<Record<LawId | Feature, string>>>;

/** One law, ready to judge one subject: hand it to any test runner. */
export interface LawRun {
  readonly id: LawId;
  readonly says: string;
  readonly kind: LawKind;
  /** Why there will be no verdict: the subject's waiver, or that the law has no check. Print it beside the skip. */
  readonly waived?: string;
  /**
   * Judges the subject, and says in how many schedules it kept the law: all that are walked, and `runs` random ones
   * (100 unless told).
   *
   * - **Order:** runs may overlap; each makes its own subjects.
   * - **Abort:** cannot be stopped; it ends after these schedules.
   * - **Errors:** `ERR_LAW_BROKEN`; `ERR_NO_VERDICT` if the law is waived, so that it never counts as passed.
   */
  run(options?: { [Key in "runs" | "seed" | "operations"]?: Effort[Key] | undefined }): Promise<Played>;
}

const RUNS = 100;

/**
 * Pairs every law of a subject with the factory that makes it. Laws without a check are among the runs: they
 * are as waived as if the subject had said so.
 *
 * Throws `ERR_BAD_WAIVER` for a waiver that names no law of this subject and no feature that one needs, or no reason.
 */
export function join<Make>(
  laws: readonly (Law<Make> | UncheckedLaw)[],
  make: Make,
  waivers: Waivers = {},
): LawRun[] {
  for (const [id, reason] of Object.entries(waivers)) {
    if (!laws.some((law) => law.id === id || needOf(law) === id)) {
      const known = [...laws.map((law) => law.id), ...laws.flatMap((law) => needOf(law) ?? [])];
      throw new BadWaiverError(id, `names none of ${[...new Set(known)].join(", ")}`);
    }
    if (typeof reason !== "string" || reason.trim() === "") throw new BadWaiverError(id, "gives no reason");
  }
  return laws.map((law) => {
    const { id, says, kind } = law;
    const need = needOf(law);
    const waived =
      waivers[id] ?? (need && waivers[need]) ?? (law.kind === "unverified" ? law.reason : undefined);
    if (waived !== undefined || law.kind === "unverified") {
      const reason = waived ?? "";
      return { id, says, kind, waived: reason, run: () => Promise.reject(new NoVerdictError(id, reason)) };
    }
    return {
      id,
      says,
      kind,
      run: ({ runs = RUNS, seed = freshSeed(), operations } = {}) =>
        judge(law, make, { runs, seed, operations }),
    };
  });
}

async function judge<Make>(law: Law<Make>, make: Make, effort: Effort): Promise<Played> {
  try {
    return (await law.check(make, effort)) ?? { walked: 0, random: effort.runs };
  } catch (cause) {
    throw new LawBrokenError(law, effort.seed, cause);
  }
}

const needOf = <Make>(law: Law<Make> | UncheckedLaw): Feature | undefined =>
  "needs" in law ? law.needs : undefined;

const freshSeed = (): number => Math.floor(Math.random() * 2 ** 31);
