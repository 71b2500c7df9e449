import type { Law } from "./law.js";

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
    const convicted = await law.check(make, { runs, seed, shrink: false }).then(
      () => false,
      () => true,
    );
    if (!convicted) free.push(sin);
  }
  return free;
}
