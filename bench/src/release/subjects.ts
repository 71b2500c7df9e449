import type { Subject } from "./subject.js";

const LOADERS: Readonly<Record<string, () => Promise<Subject>>> = {
  "bare stream": async () => (await import("./subjects/bare-stream.js")).subject,
  "pull-through": async () => (await import("./subjects/pull-through.js")).subject,
  Sluice: async () => (await import("./subjects/sluice.js")).subject,
  "node finished": async () => (await import("./subjects/finished.js")).subject,
  TransformStream: async () => (await import("./subjects/transform-stream.js")).subject,
  "async generator": async () => (await import("./subjects/async-generator.js")).subject,
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
