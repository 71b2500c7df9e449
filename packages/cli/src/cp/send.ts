import { stat } from "node:fs/promises";
import { type UploadOptions, upload } from "@sluice/s3-upload";
import { uploadFile } from "@sluice/s3-upload/node";
import { MemoryBudget } from "@sluice/semaphore";
import { FailedError } from "../failure.js";
import type { FileLocation, ObjectLocation, StreamLocation } from "../location.js";
import { plan } from "../plan.js";
import type { Copy } from "./copying.js";

/**
 * Uploads a file, a pipe, a device, or standard input; resolves with bytes.
 *
 * - **Order:** none.
 * - **Abort:** by `io.signal`; rejects with its reason when nothing is left on the server.
 * - **Errors:** those of the system and of the store; a folder is refused.
 */
export async function send(
  from: FileLocation | StreamLocation,
  to: ObjectLocation,
  { store, options, io, report }: Copy,
): Promise<number> {
  const budget = new MemoryBudget(options.budget);
  const { contentType } = options;
  const how = (length: number | undefined): UploadOptions => ({
    ...plan({ ...options, length }),
    budget,
    contentType,
    signal: io.signal,
    onProgress: ({ loaded, total }) => report.progress({ phase: "upload", loaded, total, held: budget.held }),
  });
  if (from.kind === "file") {
    const { size } = await uploadFile(store, to, from.path, how(await lengthOf(from.path)));
    return size;
  }
  try {
    return (await upload(store, to, io.stdin, how(undefined))).size;
  } finally {
    // A writer that stalls must not keep the process alive: nobody is going to read on.
    io.stdin.destroy();
  }
}

async function lengthOf(path: string): Promise<number | undefined> {
  const found = await stat(path);
  if (found.isDirectory()) {
    throw new FailedError(
      `${path}: is a folder; copy all of it with --recursive, or as one object: tar c ${path} | sluice cp - s3://…`,
    );
  }
  // A file of /proc says 0 and has bytes all the same.
  return found.isFile() && found.size > 0 ? found.size : undefined;
}
