import type { Step } from "./steps.js";
import { Counterexample } from "./verdicts.js";

const MOST_CASES = 800;
const LONGEST = 5;

/** Every sequence over the alphabet, of one length: the greatest that keeps their number within `most`. */
export function everySequence<Letter>(
  alphabet: readonly Letter[],
  most = MOST_CASES,
): readonly (readonly Letter[])[] {
  let sequences: readonly (readonly Letter[])[] = [[]];
  for (let length = 0; length < LONGEST && sequences.length * alphabet.length <= most; length++) {
    sequences = sequences.flatMap((sequence) => alphabet.map((letter) => [...sequence, letter]));
  }
  return sequences;
}

/**
 * The steps of a small world: each command on its own; where races matter, also each pair of `racing` in one go,
 * in both orders.
 */
export function alphabetOf<Command>(
  alone: readonly Command[],
  racing: readonly Command[] = [],
): readonly Step<Command>[] {
  const pairs = racing.flatMap((one) => racing.filter((other) => other !== one).map((other) => [one, other]));
  return [...alone.map((command) => [command]), ...pairs].map((commands) => ({ as: "tick", commands }));
}

/**
 * Tries each of the cases: what random schedules would have to be lucky for is found for certain.
 *
 * - **Order:** the cases one after the other.
 * - **Abort:** cannot be stopped; it ends with the last case.
 * - **Errors:** `Counterexample`.
 */
export async function holdEverywhere<Case>(
  cases: Iterable<Case>,
  test: (one: Case) => Promise<void>,
  seed: number,
): Promise<void> {
  let after = 0;
  for (const one of cases) {
    try {
      await test(one);
    } catch (breach) {
      throw new Counterexample(breach, { seed, after, shown: JSON.stringify(one) });
    }
    after++;
  }
}
