import type { PathLike } from "node:fs";
import { open, stat } from "node:fs/promises";
import type { ObjectStore, ObjectTarget } from "@sluice/object-store";
import { type UploadOptions, type UploadResult, upload } from "@sluice/s3-upload";
import { NotAFileError } from "./errors.js";
import { openFifo } from "./fifo.js";
import { FileBody, stateOf } from "./file-body.js";

/** The length is the file's, and nothing waits on a disk that comes from one. */
export type UploadFileOptions = Omit<UploadOptions, "length" | "spool">;

/**
 * Uploads a file. Each slot reads its own section straight into the memory that is sent: no byte is read twice, none is
 * copied. A pipe or a device, which has no length, is read as a stream.
 *
 * - **Order:** sections are read in parallel, as many as there are slots; budget is granted first come, first served.
 * - **Abort:** rejects with `signal.reason` when the store is cleared up and the file is closed.
 * - **Errors:** those of the system, such as `ENOENT` and `EACCES`; `ERR_NOT_A_FILE`; `ERR_FILE_CHANGED` if the file was
 *   written to meanwhile, and nothing is published; those of `upload`.
 *
 * @example
 * ```ts
 * const { size } = await uploadFile(store, { bucket: "b", key: "k" }, "film.mkv", { budget });
 * ```
 */
export async function uploadFile(
  store: ObjectStore,
  target: ObjectTarget,
  path: PathLike,
  options: UploadFileOptions = {},
): Promise<UploadResult> {
  const { signal } = options;
  signal?.throwIfAborted();
  const found = await stat(path);
  signal?.throwIfAborted();
  if (found.isDirectory()) throw new NotAFileError(path, "a directory");
  // To open one waits for its writer.
  if (found.isFIFO()) return upload(store, target, await openFifo(path, signal), options);
  const file = await open(path, "r");
  const state = await stateOf(file).catch((cause) => file.close().then(() => Promise.reject(cause)));
  // A file of /proc says 0 and has bytes all the same.
  if (found.isFile() && state.size > 0) {
    return upload(store, target, new FileBody(file, path, state), options).finally(() => file.close());
  }
  const body = file.createReadStream({ highWaterMark: 2 ** 18 });
  const closed = new Promise<void>((resolve) => body.once("close", resolve));
  return upload(store, target, body, options).finally(() => {
    body.destroy();
    // The stream closes the file when its last read is over. That of a device may never be.
    return found.isFile() ? closed : undefined;
  });
}
