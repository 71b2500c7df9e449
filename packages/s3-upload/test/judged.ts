import type { SpoolLike, UploadSubject } from "@sluice/laws";
import type { Integrity, ResumeToken, Spool, UploadBody } from "@sluice/s3-upload";
import { diskSpool, upload } from "@sluice/s3-upload/node";
import { Semaphore } from "@sluice/semaphore";
import { disks } from "./disks.js";

const spools = new WeakMap<SpoolLike, Spool>();

function spoolOn(like: SpoolLike): Spool {
  const { directory, disk, limit } = like;
  const spool = spools.get(like) ?? diskSpool({ directory, limit });
  spools.set(like, spool);
  disks.set(directory, disk);
  return spool;
}

/** Our upload, as the laws U ask for one. */
export const judged = (
  where: Partial<Pick<UploadSubject, "store" | "bucket">> = {},
  integrity?: Integrity,
): UploadSubject => ({
  ...where,
  budget: (bytes) => new Semaphore(bytes),
  window: 2 ** 18,
  upload: (store, target, body, options) =>
    upload(store, target, body as UploadBody, {
      ...options,
      integrity,
      budget: options.budget as Semaphore,
      resume: options.resume as ResumeToken | undefined,
      spool: options.spool && spoolOn(options.spool),
    }),
});
