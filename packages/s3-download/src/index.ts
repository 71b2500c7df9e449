export { download } from "./download.js";
export {
  IntegrityError,
  ObjectChangedError,
  RangeBeyondEndError,
  StalledError,
  TooLargeError,
  UnexpectedRangeError,
  UnreadError,
} from "./errors.js";
export type { DownloadEvent } from "./events.js";
export { openScattered } from "./open-scattered.js";
export type { Download, DownloadOptions, DownloadProgress } from "./options.js";
export type { ScatteredRanges } from "./scattered-ranges.js";
export type { RangePlace, ScatteredOptions } from "./scattering.js";
export { type DownloadedBytes, downloadToBuffer, type ToBufferOptions } from "./to-buffer.js";
