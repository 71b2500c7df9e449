/** Rounds of operations that are not measured, for the compiler to warm up. */
export const WARM_UP = 10;
export const LEAST_ROUNDS = 10;
export const MOST_ROUNDS = 60;

/** How long so many operations take, in milliseconds. */
export function timed(act: (n: number) => void, operations: number): number {
  const start = performance.now();
  for (let n = 0; n < operations; n++) act(n);
  return performance.now() - start;
}
