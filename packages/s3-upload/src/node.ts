export { FileChangedError, type FileState, NotAFileError } from "./node/errors.js";
export { type UploadFileOptions, uploadFile } from "./node/upload-file.js";
