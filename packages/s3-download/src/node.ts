export { downloadToFile } from "./node/download-to-file.js";
export { DiskFullError, FileBusyError, FileExistsError, NotAFileError } from "./node/errors.js";
export type { DownloadedFile, DownloadToFileOptions } from "./node/file-options.js";
export { toReadable } from "./node/to-readable.js";
