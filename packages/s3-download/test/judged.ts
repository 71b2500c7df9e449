import type { DownloadSubject } from "@sluice/laws";
import { download } from "@sluice/s3-download";
import { Semaphore } from "@sluice/semaphore";

/** Our download, as the laws D ask for one. */
export const judged = (
  where: Partial<Omit<DownloadSubject, "download" | "budget">> = {},
): DownloadSubject => ({
  ...where,
  budget: (bytes) => new Semaphore(bytes),
  download: (store, source, options) =>
    download(store, source, { ...options, budget: options.budget as Semaphore }),
});
