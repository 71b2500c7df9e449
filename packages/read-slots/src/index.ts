export type { MapOptions } from "./mapped.js";
export { type ForEachOptions, ReadSlots } from "./read-slots.js";
export { type ItemSource, type OpenSource, openSource } from "./source.js";
