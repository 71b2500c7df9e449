export { type Download, type DownloadOptions, download } from "./download.js";
export { IntegrityError, ObjectChangedError, StalledError, UnexpectedRangeError } from "./errors.js";
export type { DownloadProgress } from "./ordered-ranges.js";
