export type { CompactionOptions } from "./compaction-plan.js";
export {
  LengthMismatchError,
  ObjectTooLargeError,
  PartTooLargeForBudgetError,
  UnsupportedBodyError,
} from "./errors.js";
export type { Integrity } from "./integrity.js";
export type { UploadOptions, UploadProgress, UploadResult } from "./options.js";
export type { UploadBody } from "./source.js";
export { upload } from "./upload.js";
