import type { Open } from "./subject.js";

// Each in a module of its own, which only its own process loads: what is not imported is in nobody's memory.

export const SUBJECTS = {
  floor: async () => (await import("./subjects/floor.js")).bare,
  "floor with CRC32": async () => (await import("./subjects/floor.js")).withCrc,
  "lib-storage": async () => (await import("./subjects/lib-storage.js")).libStorage,
  "lib-storage, unsigned": async () => (await import("./subjects/lib-storage.js")).unsigned,
  "Sluice, AWS SDK": async () => (await import("./subjects/sluice-aws.js")).sluiceAws,
  "Sluice, fetch": async () => (await import("./subjects/sluice-fetch.js")).sluiceFetch,
  "Sluice, node:http": async () => (await import("./subjects/sluice-node.js")).sluiceNode,
} as const satisfies Readonly<Record<string, () => Promise<Open>>>;

export type Name = keyof typeof SUBJECTS;

export const NAMES = Object.keys(SUBJECTS) as readonly Name[];

export const isOurs = (name: Name): boolean => name.startsWith("Sluice");
