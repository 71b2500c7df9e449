import { fileURLToPath } from "node:url";
import { InvalidValueError, type ObjectStore, type ObjectTarget, retry } from "@sluice/object-store";
import { forEach } from "@sluice/read-slots";
import { MemoryBudget } from "@sluice/semaphore";
import { uploadFile } from "./upload-file.js";
import type { FileToUpload, UploadManyOptions, UploadManyResult } from "./upload-many-options.js";
import { UploadTally } from "./upload-many-tally.js";
import { type Found, walk } from "./upload-many-walk.js";

//  found ──▶ begun ──▶ done                      one task of `forEach` for each file: its slot is taken
//    │         ├─────▶ skipped: it is there      before the next name is read, and nothing is read ahead
//    │         └─────▶ failed
//    ├──▶ skipped
//    └──▶ failed: no folder that can be read

/**
 * Uploads the files of a folder and of all folders in it, or those that are named. A file that fails stops no other: it
 * is in the result.
 *
 * - **Order:** files are begun in the order in which they are found, and end as they do.
 * - **Abort:** rejects with `signal.reason` when what was begun is cleared up; files that are done stay.
 * - **Errors:** those of the system, if the folder itself cannot be read, and of `files`; of a file, if `stopOnError` says
 *   so or all would fail alike: `ERR_INVALID_VALUE`, `NoSuchBucket`, and keys that the store does not know.
 *
 * @example
 * ```ts
 * const { files, failed } = await uploadMany(store, "photos", { bucket: "b", prefix: "2026", budget });
 * ```
 */
export async function uploadMany(
  store: ObjectStore,
  files: string | URL | Iterable<FileToUpload> | AsyncIterable<FileToUpload>,
  options: UploadManyOptions,
): Promise<UploadManyResult> {
  const { signal, slots = 8, followLinks = false } = options;
  signal?.throwIfAborted();
  const many = new ManyUploads(store, options);
  const folder = files instanceof URL ? fileURLToPath(files) : files;
  if (folder === "") throw new InvalidValueError("files", folder, "the path of a folder, or files");
  const source: Iterable<Found> | AsyncIterable<Found> =
    typeof folder === "string" ? walk(folder, followLinks) : folder;
  await forEach(slots, source, (found, stop) => many.take(found, stop), { signal });
  return many.tally.result;
}

/** What the uploads of one call have in common. */
class ManyUploads {
  readonly tally: UploadTally;
  readonly #store: ObjectStore;
  readonly #options: UploadManyOptions;
  readonly #budget: NonNullable<UploadManyOptions["budget"]>;
  readonly #prefix: string;

  constructor(store: ObjectStore, options: UploadManyOptions) {
    const { prefix = "", onConflict = "replace" } = options;
    if (!CONFLICTS.includes(onConflict)) {
      throw new InvalidValueError("onConflict", onConflict, CONFLICTS.join(" or "));
    }
    this.#store = store;
    this.#options = options;
    this.#budget = options.budget ?? new MemoryBudget("64MiB");
    this.#prefix = prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
    this.tally = new UploadTally(options, this.#budget);
  }

  async take({ path, key: name, skip, problem }: Found, signal: AbortSignal): Promise<void> {
    const { filter, stopOnError = false } = this.#options;
    const file = { path, key: this.#prefix + name };
    if (skip !== undefined) return this.tally.skipped(file, skip);
    if (problem === undefined && filter !== undefined && !(await filter(file))) {
      return this.tally.skipped(file, "filtered");
    }
    try {
      if (problem !== undefined) throw problem.error;
      await this.#upload(file, signal);
    } catch (error) {
      if (signal.aborted || stopOnError || this.tally.isOurs(error) || concernsAll(error)) throw error;
      this.tally.failed(file, error);
    }
  }

  async #upload(file: FileToUpload, signal: AbortSignal): Promise<void> {
    const { bucket, onConflict = "replace", partSlots } = this.#options;
    const target = { bucket, key: file.key };
    this.tally.begun(file);
    if (onConflict === "skip" && (await this.#isThere(target, signal))) {
      return this.tally.skipped(file, "exists");
    }
    let before = 0;
    const sent = await uploadFile(this.#store, target, file.path, {
      ...this.#options,
      slots: partSlots,
      budget: this.#budget,
      ifNoneMatch: onConflict === "replace" ? undefined : "*",
      signal,
      onEvent: undefined,
      onProgress: ({ loaded }) => {
        const moved = loaded - before;
        before = loaded;
        if (moved > 0) this.tally.moved(moved);
      },
    }).catch((error) => {
      // Somebody else was faster.
      if (onConflict === "skip" && codeOf(error) === "PreconditionFailed") return undefined;
      throw error;
    });
    if (sent === undefined) this.tally.skipped(file, "exists");
    else this.tally.done(file, sent.size);
  }

  async #isThere(target: ObjectTarget, signal: AbortSignal): Promise<boolean> {
    const { expectedBucketOwner, customerKey } = this.#options;
    const look = () => this.#store.head(target, { signal, expectedBucketOwner, customerKey });
    try {
      await retry(look, { ...this.#options.retry, signal });
      return true;
    } catch (error) {
      if (codeOf(error) === "NoSuchKey") return false;
      throw error;
    }
  }
}

const CONFLICTS: readonly string[] = ["replace", "skip", "fail"];

const ALL_ALIKE: ReadonlySet<unknown> = new Set([
  "ERR_INVALID_VALUE",
  "NoSuchBucket",
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
]);

// A million files would say the same.
const concernsAll = (error: unknown): boolean => ALL_ALIKE.has(codeOf(error));

const codeOf = (error: unknown): unknown =>
  typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
