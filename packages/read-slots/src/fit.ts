import type { Permit } from "@sluice/semaphore";
import { ItemTooHeavyError } from "./errors.js";

/** Keeps of a slot what its item weighs, and returns how much has gone back. */
export function fit(slot: Permit, weight: number): number {
  const reserved = slot.weight;
  if (weight > reserved) throw new ItemTooHeavyError(weight, reserved);
  slot.shrink(weight);
  return reserved - weight;
}
