import { stat } from "node:fs/promises";
import { downloadMany } from "@sluice/s3-download/node";
import { uploadMany } from "@sluice/s3-upload/node";
import { MemoryBudget } from "@sluice/semaphore";
import { FailedError } from "../failure.js";
import { type FileLocation, type ObjectLocation, shown } from "../location.js";
import { type Copied, copied } from "./copied.js";
import type { Copy } from "./copying.js";
import type { FileEvent } from "./progress.js";

/**
 * Uploads a folder and all that is in it.
 *
 * - **Order:** files are begun in the order in which they are found.
 * - **Abort:** by `io.signal`; rejects with its reason when no upload is left; files that are done stay.
 * - **Errors:** `ERR_INCOMPLETE` when the rest is copied; those of the system and of the store.
 */
export async function sendFolder(from: FileLocation, to: ObjectLocation, copy: Copy): Promise<Copied> {
  const { store, options, io } = copy;
  if (!(await stat(from.path)).isDirectory()) {
    throw new FailedError(`${from.path}: is no folder; copy it without --recursive`);
  }
  const { partSize, contentType } = options;
  const result = await uploadMany(store, from.path, {
    bucket: to.bucket,
    prefix: to.key,
    partSlots: options.slots,
    partSize,
    contentType,
    signal: io.signal,
    ...common(copy, "upload"),
  });
  return copied(result, ({ path }) => path);
}

/**
 * Downloads a folder and all that is in it.
 *
 * - **Order:** objects are begun in the order of the listing.
 * - **Abort:** by `io.signal`; rejects with its reason when no temporary file is left, but for `--resume`; files that are
 *   whole stay.
 * - **Errors:** `ERR_INCOMPLETE` when the rest is copied; those of the system and of the store.
 */
export async function receiveFolder(from: ObjectLocation, to: FileLocation, copy: Copy): Promise<Copied> {
  const { store, options, io } = copy;
  const { slots: window, partSize: rangeSize, resume } = options;
  const { onEvent, ...others } = common(copy, "download");
  let found = 0;
  const result = await downloadMany(store, { bucket: from.bucket, prefix: from.key }, to.path, {
    window,
    rangeSize,
    resume,
    signal: io.signal,
    ...others,
    onEvent(event) {
      found++;
      onEvent(event);
    },
  });
  if (found === 0) {
    const folder = shown(from).replace(/\/?$/, "/");
    throw new FailedError(`${folder}: nothing is there; copy one object without --recursive`);
  }
  return copied(result, ({ key }) => `s3://${from.bucket}/${key}`);
}

function common({ options, report }: Copy, phase: string) {
  const budget = new MemoryBudget(options.budget);
  return {
    budget,
    slots: options.files,
    followLinks: options.followLinks,
    onEvent: (event: FileEvent) => report.file(event),
    onProgress: ({ bytes, files, held }: { bytes: number; files: number; held: number }) =>
      report.progress({ phase, loaded: bytes, held, files }),
  };
}
