import type { Subject } from "./subject.js";

// Loaded one by one: what is not measured in a process is not in its heap either.
const LOADERS: Readonly<Record<string, () => Promise<Subject>>> = {
  "bare promise": async () => (await import("./subjects/promise.js")).subject,
  floor: async () => (await import("./subjects/floor.js")).subject,
  "floor, ring": async () => (await import("./subjects/floor-ring.js")).subject,
  Sluice: async () => (await import("./subjects/sluice.js")).subject,
  "Sluice, timeout": async () => (await import("./subjects/sluice-waits.js")).timeout,
  "Sluice, AbortSignal.any": async () => (await import("./subjects/sluice-waits.js")).anySignal,
  "es-toolkit": async () => (await import("./subjects/es-toolkit.js")).subject,
  "async-sema": async () => (await import("./subjects/async-sema.js")).subject,
  "async-mutex": async () => (await import("./subjects/async-mutex.js")).subject,
  radashi: async () => (await import("./subjects/radashi.js")).subject,
  effect: async () => (await import("./subjects/effect.js")).subject,
  "p-limit": async () => (await import("./subjects/p-limit.js")).subject,
  "p-queue": async () => (await import("./subjects/p-queue.js")).subject,
  fastq: async () => (await import("./subjects/fastq.js")).subject,
  cockatiel: async () => (await import("./subjects/cockatiel.js")).subject,
};

/**
 * Loads a subject, and what of it a column needs.
 *
 * - **Order:** loads nothing but that subject.
 * - **Abort:** cannot be stopped.
 * - **Errors:** rejects if there is no such subject, or it has no such thing.
 */
export async function part<Name extends keyof Subject>(
  subject: string,
  name: Name,
): Promise<NonNullable<Subject[Name]>> {
  const found = (await LOADERS[subject]?.())?.[name];
  if (found === undefined) throw new Error(`${subject} has no ${name} in these tables`);
  return found;
}
