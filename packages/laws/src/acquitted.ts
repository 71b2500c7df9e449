import type { Effort, Law } from "./law.js";

// What takes more operations is left to the random schedules: a sinner that is convicted by them alone would have to
// sit through the whole walk before.
const SHORT = 3;

/**
 * The sins of a law's sinners that its check fails to notice; empty for a law that is worth its number.
 *
 * - **Order:** one sinner after the other.
 * - **Abort:** cannot be stopped.
 * - **Errors:** none: a conviction is what is hoped for.
 */
export async function acquitted<Make>(
  law: Law<Make>,
  { runs = 100, seed = 1, operations = SHORT }: Partial<Pick<Effort, "runs" | "seed" | "operations">> = {},
): Promise<string[]> {
  const free: string[] = [];
  for (const { sin, make } of law.sinners) {
    const convicted = await law.check(make, { runs, seed, operations, shrink: false }).then(
      () => false,
      () => true,
    );
    if (!convicted) free.push(sin);
  }
  return free;
}
