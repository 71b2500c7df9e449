import type { OnUndelivered } from "./options.js";
import type { Ring } from "./ring.js";

/** Hands an item to the hook. A hook that throws is a bug, and surfaces where bugs do: others are waiting. */
export function report<T>(
  hook: OnUndelivered<T> | undefined,
  item: T,
  why: Parameters<OnUndelivered<T>>[1],
): void {
  try {
    hook?.(item, why);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** Takes as many items out as it takes to lose the weight, from the end that is named. */
export function lose<T>(buffer: Ring<T>, weight: number, end: "oldest" | "newest"): T[] {
  const left = buffer.weight - weight;
  const lost: T[] = [];
  while (buffer.weight > left) lost.push(end === "oldest" ? buffer.shift() : buffer.pop());
  return lost;
}
