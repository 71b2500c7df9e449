import type { Ring } from "./ring.js";

/** Empties the buffer, and hands each item to the hook. */
export function discard<T>(buffer: Ring<T>, hook: ((item: T, why: "cancelled") => void) | undefined): void {
  while (buffer.size > 0) {
    const item = buffer.shift();
    try {
      hook?.(item, "cancelled");
    } catch (error) {
      // The others must be handed over too; a hook that throws is a bug, and surfaces where bugs do.
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
