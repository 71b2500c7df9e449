import type { UploadSubject } from "@sluice/laws";
import { type Integrity, type ResumeToken, type UploadBody, upload } from "@sluice/s3-upload";
import { Semaphore } from "@sluice/semaphore";

/** Our upload, as the laws U ask for one. */
export const judged = (
  where: Partial<Pick<UploadSubject, "store" | "bucket">> = {},
  integrity?: Integrity,
): UploadSubject => ({
  ...where,
  budget: (bytes) => new Semaphore(bytes),
  upload: (store, target, body, options) =>
    upload(store, target, body as UploadBody, {
      ...options,
      integrity,
      budget: options.budget as Semaphore,
      resume: options.resume as ResumeToken | undefined,
    }),
});
