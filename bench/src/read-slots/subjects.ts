import type { Subject } from "./subject.js";

// Loaded one by one: what is not measured in a process is not in its heap either.
const LOADERS: Readonly<Record<string, () => Promise<Subject>>> = {
  floor: async () => (await import("./subjects/floor.js")).subject,
  "floor, workers": async () => (await import("./subjects/floor.js")).workers,
  Sluice: async () => (await import("./subjects/sluice.js")).subject,
  "p-map": async () => (await import("./subjects/p-map.js")).subject,
  Readable: async () => (await import("./subjects/readable.js")).subject,
  effect: async () => (await import("./subjects/effect.js")).subject,
  "effect Stream": async () => (await import("./subjects/effect.js")).stream,
  "p-limit": async () => (await import("./subjects/p-limit.js")).subject,
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
