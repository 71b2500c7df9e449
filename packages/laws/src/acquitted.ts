import type { Effort, Law } from "./law.js";

// Most sinners are convicted by few operations. Whom the random schedules convict is spared the long walk before them.
const SHORT = 2;

/**
 * The sins of a law's sinners that its check fails to notice; empty for a law that is worth its number.
 *
 * - **Order:** one sinner after the other.
 * - **Abort:** cannot be stopped.
 * - **Errors:** none: a conviction is what is hoped for.
 */
export async function acquitted<Make>(
  law: Law<Make>,
  { runs = 100, seed = 1 }: { readonly runs?: number | undefined; readonly seed?: number | undefined } = {},
): Promise<string[]> {
  const free: string[] = [];
  for (const { sin, make } of law.sinners) {
    const convicts = (operations?: number): Promise<boolean> => {
      const effort: Effort = { runs, seed, operations, shrink: false };
      return law.check(make, effort).then(
        () => false,
        () => true,
      );
    };
    if (!(await convicts(SHORT)) && !(await convicts())) free.push(sin);
  }
  return free;
}
