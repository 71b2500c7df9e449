import type { Open } from "./subject.js";

// Each in a module of its own, which only its own process loads: what is not imported is in nobody's memory.

export const SUBJECTS = {
  "bare GET": async () => (await import("./subjects/bare.js")).bare,
  "SDK GetObject": async () => (await import("./subjects/sdk.js")).sdk,
  "Sluice, AWS SDK": async () => (await import("./subjects/sluice-aws.js")).sluiceAws,
  "Sluice, fetch": async () => (await import("./subjects/sluice-fetch.js")).sluiceFetch,
  "Sluice, node:http": async () => (await import("./subjects/sluice-node.js")).sluiceNode,
} as const satisfies Readonly<Record<string, () => Promise<Open>>>;

export type Name = keyof typeof SUBJECTS;

export const NAMES = Object.keys(SUBJECTS) as readonly Name[];

export const isOurs = (name: Name): boolean => name.startsWith("Sluice");

/** The least that it takes to have the bytes: one request of `node:http`. */
export const FLOOR: Name = "bare GET";
export const RIVAL: Name = "SDK GetObject";
