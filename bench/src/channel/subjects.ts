import type { Subject } from "./subject.js";

// Loaded one by one: what is not measured in a process is not in its heap either.
const LOADERS: Readonly<Record<string, () => Promise<Subject>>> = {
  floor: async () => (await import("./subjects/floor.js")).subject,
  Sluice: async () => (await import("./subjects/sluice.js")).subject,
  "Sluice, weighed": async () => (await import("./subjects/sluice.js")).weighed,
  queueable: async () => (await import("./subjects/queueable.js")).subject,
  "@thi.ng/csp": async () => (await import("./subjects/thi-ng-csp.js")).subject,
  repeater: async () => (await import("./subjects/repeater.js")).subject,
  "node PassThrough": async () => (await import("./subjects/pass-through.js")).subject,
  "web ReadableStream": async () => (await import("./subjects/web-streams.js")).readable,
  "web TransformStream": async () => (await import("./subjects/web-streams.js")).transform,
  "node:stream/iter": async () => (await import("./subjects/stream-iter.js")).subject,
  effect: async () => (await import("./subjects/effect.js")).subject,
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
