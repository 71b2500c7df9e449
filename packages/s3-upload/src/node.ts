export { type DiskSpoolOptions, diskSpool } from "./node/disk-spool.js";
export { FileChangedError, type FileState, NotAFileError, SpoolFullError } from "./node/errors.js";
export { type NodeUploadOptions, upload } from "./node/upload.js";
export { type UploadFileOptions, uploadFile } from "./node/upload-file.js";
export { uploadMany } from "./node/upload-many.js";
export { TooDeepError } from "./node/upload-many-errors.js";
export type {
  FileToUpload,
  UploadFailure,
  UploadManyEvent,
  UploadManyOptions,
  UploadManyProgress,
  UploadManyResult,
  UploadSkip,
} from "./node/upload-many-options.js";
