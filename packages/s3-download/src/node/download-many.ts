import { mkdir, realpath } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { InvalidValueError, type ObjectStore } from "@sluice/object-store";
import { forEach } from "@sluice/read-slots";
import { MemoryBudget } from "@sluice/semaphore";
import { UnsafeKeyError } from "./download-many-errors.js";
import { type Listed, listing } from "./download-many-listing.js";
import type { DownloadManyOptions, DownloadManyResult, ObjectsToDownload } from "./download-many-options.js";
import { namesOf, Place } from "./download-many-place.js";
import { DownloadTally } from "./download-many-tally.js";
import { downloadToFile } from "./download-to-file.js";
import { codeOf } from "./errors.js";

//  listed ──▶ begun ──▶ done                     one task of `forEach` for each object: its slot is taken
//    │          └─────▶ failed, or it is there   before the next key is read, and one page is read ahead
//    ├──▶ skipped
//    ├──▶ a folder
//    └──▶ failed: no name for a file

/**
 * Downloads the objects of a folder, and of all folders in it, to files of the same names. Nothing is ever written
 * outside of the folder, whatever the keys are: one that is no safe name is a failure. An object that fails stops no
 * other: it is in the result.
 *
 * - **Order:** objects are begun in the order of the listing, and end as they do.
 * - **Abort:** rejects with `signal.reason` when what was begun is removed; files that are whole stay, and folders.
 * - **Errors:** those of the listing; of the system, if the folder cannot be made; of an object, if `stopOnError` says so
 *   or all would fail alike: `ERR_INVALID_VALUE`, `NoSuchBucket`, and keys that the store does not know.
 *
 * @example
 * ```ts
 * const { files, failed } = await downloadMany(store, { bucket: "b", prefix: "2026" }, "photos", { budget });
 * ```
 */
export async function downloadMany(
  store: ObjectStore,
  source: ObjectsToDownload,
  folder: string | URL,
  options: DownloadManyOptions = {},
): Promise<DownloadManyResult> {
  const { signal, slots = 8 } = options;
  signal?.throwIfAborted();
  const { bucket, prefix: given = "" } = source;
  const prefix = given === "" || given.endsWith("/") ? given : `${given}/`;
  const top = folder instanceof URL ? fileURLToPath(folder) : folder;
  if (top === "") throw new InvalidValueError("folder", top, "the path of a folder");
  checkConflict(options.onConflict);
  await mkdir(top, { recursive: true });
  const place = new Place(await realpath(top), options.followLinks ?? false);
  const many = new ManyDownloads(store, { bucket, prefix }, place, options);
  const over = new AbortController();
  const objects = listing(store, bucket, prefix, { ...options, signal: over.signal });
  try {
    await forEach(slots, objects, (listed, stop) => many.take(listed, stop), { signal });
    return many.tally.result;
  } finally {
    // A page that is being asked for is not waited for.
    over.abort();
  }
}

interface Folder {
  readonly bucket: string;
  /** Empty, or it ends in a slash. */
  readonly prefix: string;
}

function checkConflict(onConflict: string = "replace"): void {
  if (!CONFLICTS.includes(onConflict)) {
    throw new InvalidValueError("onConflict", onConflict, CONFLICTS.join(" or "));
  }
}

/** What the downloads of one call have in common. */
class ManyDownloads {
  readonly tally: DownloadTally;
  readonly #store: ObjectStore;
  readonly #source: Folder;
  readonly #place: Place;
  readonly #options: DownloadManyOptions;
  readonly #budget: NonNullable<DownloadManyOptions["budget"]>;

  constructor(store: ObjectStore, source: Folder, place: Place, options: DownloadManyOptions) {
    this.#store = store;
    this.#source = source;
    this.#place = place;
    this.#options = options;
    this.#budget = options.budget ?? new MemoryBudget("64MiB");
    this.tally = new DownloadTally(options, this.#budget);
  }

  async take(listed: Listed, signal: AbortSignal): Promise<void> {
    const { filter, stopOnError = false } = this.#options;
    const { key } = listed.object;
    const file: { key: string; path: string | undefined } = { key, path: undefined };
    if (filter !== undefined && !(await filter(listed.object))) return this.tally.skipped(file, "filtered");
    try {
      const names = this.#names(listed);
      file.path = this.#place.path(names);
      if (key.endsWith("/")) await this.#makeFolder(listed, names, file.path);
      else await this.#download(listed, names, file.path, signal);
    } catch (error) {
      if (signal.aborted || stopOnError || this.tally.isOurs(error) || concernsAll(error)) throw error;
      this.tally.failed(file, error);
    }
  }

  #names({ object: { key } }: Listed): readonly string[] {
    const rest = key.slice(this.#source.prefix.length);
    // The folder that was asked for may be an object, too.
    if (rest === "" && key.endsWith("/")) return [];
    return namesOf(key, rest.endsWith("/") ? rest.slice(0, -1) : rest);
  }

  async #makeFolder({ object, belowFile }: Listed, names: readonly string[], path: string): Promise<void> {
    const { key, size } = object;
    if (size > 0) throw new UnsafeKeyError(key, "bytes in a folder");
    if (belowFile) throw new UnsafeKeyError(key, "below a file");
    await this.#place.makeFolders(key, names);
    this.tally.folder({ key, path });
  }

  async #download(
    listed: Listed,
    names: readonly string[],
    path: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { object, belowFile } = listed;
    const { onConflict = "replace", rangeSize } = this.#options;
    const { key, size } = object;
    if (belowFile) throw new UnsafeKeyError(key, "below a file");
    await this.#place.makeFolders(key, names.slice(0, -1));
    const taken = await this.#place.isTaken(key, names);
    if (taken && onConflict === "skip") return this.tally.skipped({ key, path }, "exists");
    this.tally.begun({ key, path });
    let before = 0;
    const file = await downloadToFile(this.#store, { bucket: this.#source.bucket, key }, path, {
      ...this.#options,
      // It takes as much of the budget before it knows how long the object is.
      rangeSize: rangeSize ?? (size < USUAL ? Math.max(size, LEAST) : undefined),
      budget: this.#budget,
      failIfExists: onConflict !== "replace",
      signal,
      onEvent: undefined,
      onProgress: ({ loaded }) => {
        const moved = loaded - before;
        before = loaded;
        this.tally.moved(moved);
      },
    }).catch((error) => {
      // Somebody else was faster.
      if (onConflict === "skip" && codeOf(error) === "ERR_FILE_EXISTS") return undefined;
      throw error;
    });
    if (file === undefined) this.tally.skipped({ key, path }, "exists");
    else this.tally.done({ key, path }, file.size);
  }
}

const CONFLICTS: readonly string[] = ["replace", "skip", "fail"];

/** Bytes that a download takes of the budget at first, if nobody says less; and the least that is said. */
const USUAL = 512 * 1024;
const LEAST = 64 * 1024;

const ALL_ALIKE: ReadonlySet<unknown> = new Set([
  "ERR_INVALID_VALUE",
  "NoSuchBucket",
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
]);

// A million objects would say the same.
const concernsAll = (error: unknown): boolean => ALL_ALIKE.has(codeOf(error));
