export { downloadMany } from "./node/download-many.js";
export { type KeyFault, UnsafeKeyError } from "./node/download-many-errors.js";
export type {
  DownloadFailure,
  DownloadManyEvent,
  DownloadManyOptions,
  DownloadManyProgress,
  DownloadManyResult,
  DownloadSkip,
  ObjectsToDownload,
} from "./node/download-many-options.js";
export { downloadToFile } from "./node/download-to-file.js";
export { DiskFullError, FileBusyError, FileExistsError, NotAFileError } from "./node/errors.js";
export type { DownloadedFile, DownloadToFileOptions } from "./node/file-options.js";
export { toReadable } from "./node/to-readable.js";
