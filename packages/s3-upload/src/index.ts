export type { ResumeToken, TokenIntegrity } from "./checkpoint.js";
export type { CompactionOptions } from "./compaction-plan.js";
export {
  LengthMismatchError,
  NotPausedError,
  ObjectTooLargeError,
  PartTooLargeForBudgetError,
  SourceStalledError,
  UnsupportedBodyError,
  UnsupportedSpoolError,
} from "./errors.js";
export type { UploadEvent, UploadRequest } from "./events.js";
export type { ChecksumType, Integrity } from "./integrity.js";
export type { UploadOptions, UploadProgress, UploadResult } from "./options.js";
export type { PartBytes, PartPlace, PartSpace } from "./part.js";
export type { ReadingOptions, UploadWarning } from "./reading-options.js";
export type { RandomAccessBody } from "./section-reader.js";
export type { UploadBody } from "./source.js";
export type { Spool, SpoolUse } from "./spool.js";
export {
  IntegrityError,
  MissingEtagError,
  type ResumeRefusal,
  ResumeTokenError,
  UploadConflictError,
} from "./transfer-errors.js";
export type { TransferOptions } from "./transfer-options.js";
export { upload } from "./upload.js";
