import type { ObjectSource, ObjectStore } from "@sluice/object-store";
import { FileDownload } from "./file-download.js";
import type { DownloadedFile, DownloadToFileOptions } from "./file-options.js";
import { Lock } from "./lock.js";
import { targetOf } from "./target.js";

/**
 * Downloads an object to a file. Ranges are written where they belong as they come, in any order, to a file beside the
 * one that is asked for; this gets its name in one step when all of it is there, compared and synced. So under that name
 * there is what was there before, or all of the object.
 *
 * A file that is there is replaced, and its permissions are kept. Through a symbolic link, the file that it names is.
 *
 * - **Order:** budget is granted first come, first served; a second download to the same file is refused.
 * - **Abort:** rejects with `signal.reason` when everything is given back and, without `resume`, removed.
 * - **Errors:** those of `download`; of the system, such as `ENOENT` and `EACCES`; `ERR_NOT_A_FILE`, `ERR_FILE_EXISTS`,
 *   `ERR_FILE_BUSY`, `ERR_DISK_FULL`, `ERR_INTEGRITY`.
 *
 * @example
 * ```ts
 * const { size } = await downloadToFile(store, { bucket: "b", key: "k" }, "film.mkv", { budget, resume: true });
 * ```
 */
export async function downloadToFile(
  store: ObjectStore,
  source: ObjectSource,
  path: string | URL,
  options: DownloadToFileOptions = {},
): Promise<DownloadedFile> {
  options.signal?.throwIfAborted();
  const target = await targetOf(path, options.failIfExists ?? false);
  const lock = await Lock.take(target.lock, target.path);
  try {
    return await new FileDownload(store, source, target, options).run();
  } finally {
    await lock.release();
  }
}
