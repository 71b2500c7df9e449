import type { ObjectStore, ObjectTarget } from "@sluice/object-store";
import {
  type Spool,
  type UploadBody,
  type UploadOptions,
  type UploadResult,
  upload as uploadAnywhere,
} from "@sluice/s3-upload";
import { DiskSpool, type DiskSpoolOptions } from "./disk-spool.js";

export interface NodeUploadOptions extends Omit<UploadOptions, "spool"> {
  /** Where parts wait until they are sent. `"memory"` if left out. */
  readonly spool?: "memory" | Spool | DiskSpoolOptions | undefined;
}

/**
 * The `upload` of the main entry, which here may also let parts wait on a disk: `spool: { directory }`.
 *
 * - **Order:** parts are read in order and sent as they come; budget is granted first come, first served.
 * - **Abort:** rejects with `signal.reason` when the store and the disk are cleared up.
 * - **Errors:** those of the main `upload`; of a disk, those of the system and `ERR_SPOOL_FULL`.
 *
 * @example
 * ```ts
 * await upload(store, { bucket: "b", key: "k" }, request, { spool: { directory: "spool", limit: "1GiB" } });
 * ```
 */
export function upload(
  store: ObjectStore,
  target: ObjectTarget,
  body: UploadBody,
  options: NodeUploadOptions = {},
): Promise<UploadResult> {
  const { spool, ...others } = options;
  const place = isDirectory(spool) ? new DiskSpool(spool) : spool;
  return uploadAnywhere(store, target, body, { ...others, spool: place });
}

const isDirectory = (spool: NodeUploadOptions["spool"]): spool is DiskSpoolOptions =>
  typeof spool === "object" && spool !== null && "directory" in spool && !("open" in spool);
