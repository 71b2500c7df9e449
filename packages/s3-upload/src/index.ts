export type { ResumeToken, TokenIntegrity } from "./checkpoint.js";
export {
  LengthMismatchError,
  ObjectTooLargeError,
  PartTooLargeForBudgetError,
  UnsupportedBodyError,
} from "./errors.js";
export type { UploadEvent, UploadRequest } from "./events.js";
export type { ChecksumType, Integrity } from "./integrity.js";
export type { UploadOptions, UploadProgress, UploadResult } from "./options.js";
export type { UploadBody } from "./source.js";
export {
  IntegrityError,
  MissingEtagError,
  type ResumeRefusal,
  ResumeTokenError,
  UploadConflictError,
} from "./transfer-errors.js";
export type { TransferOptions } from "./transfer-options.js";
export { upload } from "./upload.js";
