export { type Download, type DownloadOptions, download } from "./download.js";
export { IntegrityError, ObjectChangedError, StalledError, UnexpectedRangeError } from "./errors.js";
export { openScattered } from "./open-scattered.js";
export type { DownloadProgress } from "./ordered-ranges.js";
export type { ScatteredRanges } from "./scattered-ranges.js";
export type { RangePlace, ScatteredOptions, Span } from "./scattering.js";
