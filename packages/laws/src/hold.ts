import fc from "fast-check";
import type { Effort } from "./law.js";
import { Counterexample } from "./verdicts.js";

/**
 * Runs a property of fast-check, and throws the smallest counterexample if it does not hold. A property says
 * what is wrong by throwing a `Breach`, whose story the verdict repeats.
 *
 * - **Order:** one schedule after the other, the same for the same seed.
 * - **Abort:** cannot be stopped; it ends after `runs` schedules.
 * - **Errors:** `Counterexample`.
 */
export async function hold<Case>(
  property: fc.IAsyncProperty<Case>,
  { runs, seed, shrink = true }: Pick<Effort, "runs" | "seed" | "shrink">,
): Promise<void> {
  const outcome = await fc.check(property, { numRuns: runs, seed, endOnFailure: !shrink });
  if (!outcome.failed) return;
  throw new Counterexample(outcome.errorInstance, {
    seed: outcome.seed,
    after: outcome.numRuns - 1,
    shown: fc.stringify(outcome.counterexample),
  });
}
