import { combineChecksums, isCombinable, type ObjectSource, type ObjectStore } from "@sluice/object-store";
import { openScattered, type ScatteredRanges } from "@sluice/s3-download";
import { InvalidValueError, parseBytes } from "@sluice/semaphore";
import { Checkpoints, clear, type Left, leftOf } from "./checkpoints.js";
import { codeOf } from "./errors.js";
import { Extents } from "./extents.js";
import type { DownloadedFile, DownloadToFileOptions } from "./file-options.js";
import { FilePlace } from "./file-place.js";
import { namedIfFull, PartFile } from "./part-file.js";
import type { Target } from "./target.js";
import { verify } from "./verify.js";

//  asked what it is ──▶ bytes come ──all──▶ compared ──▶ synced ──▶ published
//        │                  │                   │          │
//        └──────────────────┴── a failure ──────┴──────────┴──▶ kept, with resume and if it is of use; else gone

/** One download to a file, by whoever has the lock. */
export class FileDownload {
  readonly #store: ObjectStore;
  readonly #source: ObjectSource;
  readonly #target: Target;
  readonly #options: DownloadToFileOptions;
  readonly #step: number;
  #part: PartFile | undefined;
  #checkpoints: Checkpoints | undefined;

  constructor(store: ObjectStore, source: ObjectSource, target: Target, options: DownloadToFileOptions) {
    this.#store = store;
    this.#source = source;
    this.#target = target;
    this.#options = options;
    this.#step = stepOf(options.syncEvery);
  }

  async run(): Promise<DownloadedFile> {
    const { resume = false } = this.#options;
    const left = resume ? await leftOf(this.#target, this.#source) : undefined;
    if (left === undefined) await clear(this.#target);
    try {
      const ranges = await openScattered(this.#store, this.#source, {
        ...this.#options,
        head: left !== undefined,
      });
      return await this.#save(ranges, left).catch((error) => {
        ranges.cancel(error);
        throw namedIfFull(this.#target, ranges.info.size, error);
      });
    } catch (error) {
      await this.#giveUp(error).catch(() => undefined);
      throw error;
    }
  }

  async #save(ranges: ScatteredRanges, left: Left | undefined): Promise<DownloadedFile> {
    const { resume = false, failIfExists = false, signal, budget } = this.#options;
    const { size, etag, versionId } = ranges.info;
    const part = await this.#open(size, etag, left);
    this.#part = part;
    if (resume) this.#checkpoints = new Checkpoints(this.#target, this.#source, etag, part, this.#step);
    const resumed = part.done.bytes;
    const { comparison } = ranges;
    const found = await this.#fill(ranges, part, resumed);
    await this.#checkpoints?.settled();
    await verify({ part, comparison, found, budget, signal });
    ranges.end();
    signal?.throwIfAborted();
    await part.publish(failIfExists);
    this.#part = undefined;
    // The file is there. What cannot be removed now is removed by the next call.
    await clear(this.#target).catch(() => undefined);
    return { path: this.#target.path, size, etag, versionId, checksum: comparison.checksum, resumed };
  }

  async #open(size: number, etag: string, left: Left | undefined): Promise<PartFile> {
    const same = left !== undefined && left.etag === etag && left.size === size;
    const reopened = same ? await PartFile.reopen(this.#target, size, left.done) : undefined;
    if (reopened !== undefined) return reopened;
    if (left !== undefined) await clear(this.#target);
    return PartFile.create(this.#target, size);
  }

  /** Fetches what is missing; the checksum of all bytes, if it could be made on the way. */
  async #fill(ranges: ScatteredRanges, part: PartFile, resumed: number): Promise<string | undefined> {
    const { onProgress } = this.#options;
    const { checksum, inOrder } = ranges.comparison;
    const algorithm = resumed === 0 && inOrder === undefined ? checksum?.algorithm : undefined;
    const combinable = algorithm !== undefined && isCombinable(algorithm) ? algorithm : undefined;
    const sums = new Extents((before, after) =>
      combineChecksums(
        combinable!,
        [before, after].map(({ value, start, stop }) => ({ value, size: stop - start })),
      ),
    );
    let loaded = resumed;
    const places = {
      algorithm: combinable,
      write: async (bytes: Uint8Array, position: number) => {
        await part.write(bytes, position);
        loaded += bytes.length;
        onProgress?.({ loaded, total: part.size, held: ranges.held });
        await this.#checkpoints?.note(bytes.length);
      },
      note: (start: number, stop: number, value: string) => sums.add(start, stop, value),
    };
    await ranges.read(part.done.missing(part.size), (range) => new FilePlace(places, range));
    return combinable && sums.list[0]?.value;
  }

  async #giveUp(error: unknown): Promise<void> {
    const useless = USELESS.has(codeOf(error));
    if (this.#part === undefined) {
      // Nothing was opened: what an earlier call has left may be of use to the next one.
      if (useless) await clear(this.#target);
      return;
    }
    if (this.#checkpoints !== undefined && !useless && (await this.#keep(this.#part))) return;
    await this.#checkpoints?.settled().catch(() => undefined);
    if (await this.#part.discard()) await clear(this.#target);
  }

  async #keep(part: PartFile): Promise<boolean> {
    if (part.done.bytes === 0 || !(await part.isOurs())) return false;
    // A disk that is full may have no room for a new state; that before it is still true.
    await this.#checkpoints?.save().catch(() => undefined);
    if ((await leftOf(this.#target, this.#source)) === undefined) return false;
    await part.close();
    return true;
  }
}

/** After these, what has come is of no use to anybody. */
const USELESS: ReadonlySet<unknown> = new Set([
  "ERR_OBJECT_CHANGED",
  "ERR_INTEGRITY",
  "ERR_FILE_EXISTS",
  "NoSuchKey",
  "NoSuchBucket",
  "NoSuchVersion",
]);

function stepOf(syncEvery: number | string = 32 * 2 ** 20): number {
  const bytes = typeof syncEvery === "string" ? parseBytes(syncEvery) : syncEvery;
  if (Number.isSafeInteger(bytes) && bytes >= 1) return bytes;
  throw new InvalidValueError("syncEvery", syncEvery, "a number of bytes from 1 on");
}
