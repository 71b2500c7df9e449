import type { PermitLike, SemaphoreLike } from "./subject.js";

/** Rounds of operations that are not measured, for the compiler to warm up. */
export const WARM_UP = 10;
export const MOST_ROUNDS = 60;
const OPERATIONS = 16;

/** How long so many operations take, in milliseconds. */
export function timed(act: (n: number) => void, operations = OPERATIONS): number {
  const start = performance.now();
  for (let n = 0; n < operations; n++) act(n);
  return performance.now() - start;
}

/** Takes what must be free. */
export function take(subject: SemaphoreLike, weight = 1): PermitLike {
  const permit = subject.tryAcquire(weight);
  if (!permit) throw new Error(`${weight} of ${subject.capacity} are not granted though all is free`);
  return permit;
}

