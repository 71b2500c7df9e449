import { InvalidValueError } from "@sluice/semaphore";

/** Refuses what is no whole number from `least` up. */
export function checkCount(what: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new InvalidValueError(what, value, `a safe integer of at least ${least}`);
  }
}
