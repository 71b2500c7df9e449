import type { UncheckedLaw } from "./law.js";

/**
 * Laws that stand in the ledger without a check, each with the reason; none at this time. Who writes the check moves the
 * sentence into the `Law`.
 */
export const UNCHECKED: readonly UncheckedLaw[] = [];

/** The laws of one letter that have no check. */
export const uncheckedOf = (letter: string): UncheckedLaw[] =>
  UNCHECKED.filter(({ id }) => id.startsWith(letter));
