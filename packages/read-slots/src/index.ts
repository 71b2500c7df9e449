export type { AdaptiveFacts, AdaptiveOptions, AdaptiveSnapshot, Work } from "./adaptive-options.js";
export { AdaptiveSemaphore } from "./adaptive-semaphore.js";
export { ItemTooHeavyError, NotASourceError } from "./errors.js";
export { forEach } from "./for-each.js";
export type { LatencyOptions } from "./latency.js";
export type { ForEachOptions, MapOptions, OpenOptions, ReadOptions } from "./options.js";
export { ReadSlots } from "./read-slots.js";
export type { ReadSlotsSnapshot } from "./snapshot.js";
export { type ItemSource, type OpenSource, openSource } from "./source.js";
