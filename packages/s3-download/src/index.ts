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
export type { Download, DownloadOptions, DownloadProgress } from "./options.js";
export { type DownloadedBytes, downloadToBuffer, type ToBufferOptions } from "./to-buffer.js";
