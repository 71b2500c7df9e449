export { type DiskSpoolOptions, diskSpool } from "./node/disk-spool.js";
export { FileChangedError, type FileState, NotAFileError, SpoolFullError } from "./node/errors.js";
export { type NodeUploadOptions, upload } from "./node/upload.js";
export { type UploadFileOptions, uploadFile } from "./node/upload-file.js";
