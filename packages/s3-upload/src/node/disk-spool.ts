import type { Spool, SpoolUse } from "@sluice/s3-upload";
import { InvalidValueError, MemoryBudget, type Semaphore } from "@sluice/semaphore";
import { DiskSpace } from "./disk-space.js";

export interface DiskSpoolOptions {
  /** Made if it is not there. It should be on a local disk, and may hold other files. */
  readonly directory: string;
  /** Bytes, or a size such as `"1GiB"`, that parts take there together. Slots × part size for each upload if left out. */
  readonly limit?: number | string | undefined;
}

/** A directory for parts that wait; it does nothing before the first of them. */
export class DiskSpool implements Spool {
  readonly #options: DiskSpoolOptions;
  #limit: Semaphore | undefined;

  constructor(options: DiskSpoolOptions) {
    this.#options = options;
  }

  get limit(): Semaphore | undefined {
    const { directory, limit } = this.#options;
    if (typeof directory !== "string" || directory === "") {
      throw new InvalidValueError("directory", directory, "the path of a directory");
    }
    if (limit !== undefined) this.#limit ??= new MemoryBudget(limit);
    return this.#limit;
  }

  open(use: SpoolUse): DiskSpace {
    return new DiskSpace(this.#options.directory, use);
  }
}

/**
 * Lets parts wait on a disk instead of in memory. Uploads that are given the same spool share its limit.
 *
 * Throws `ERR_INVALID_VALUE` or a RangeError for a limit that is no size.
 *
 * @example
 * ```ts
 * const spool = diskSpool({ directory: "spool", limit: "1GiB" });
 * await upload(store, { bucket: "b", key: "k" }, request, { partSize: "64MiB", spool });
 * ```
 */
export function diskSpool(options: DiskSpoolOptions): Spool {
  const spool = new DiskSpool(options);
  // Here, and not in the midst of an upload, is where a wrong limit is to be heard of.
  void spool.limit;
  return spool;
}
