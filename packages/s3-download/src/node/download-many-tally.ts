import type { Semaphore } from "@sluice/semaphore";
import type {
  DownloadFailure,
  DownloadManyEvent,
  DownloadManyOptions,
  DownloadManyResult,
  DownloadSkip,
} from "./download-many-options.js";

/** How many failures are kept. */
const KEPT = 1_000;

type Listeners = Pick<DownloadManyOptions, "onProgress" | "onEvent">;
type Which = Pick<DownloadFailure, "key" | "path">;

/** What has become of the objects so far. */
export class DownloadTally {
  readonly #listeners: Listeners;
  readonly #budget: Semaphore;
  readonly #failed: DownloadFailure[] = [];
  #files = 0;
  #bytes = 0;
  #skipped = 0;
  #failures = 0;
  /** Of files that are under way, too. */
  #moved = 0;
  #thrown: { readonly error: unknown } | undefined;

  constructor(listeners: Listeners, budget: Semaphore) {
    this.#listeners = listeners;
    this.#budget = budget;
  }

  get result(): DownloadManyResult {
    return {
      files: this.#files,
      bytes: this.#bytes,
      skipped: this.#skipped,
      failed: this.#failed,
      failedCount: this.#failures,
    };
  }

  begun({ key, path }: Which): void {
    this.#tell({ type: "begun", key, path });
  }

  moved(bytes: number): void {
    this.#moved += bytes;
    this.#progress();
  }

  done({ key, path }: Which, size: number): void {
    this.#files++;
    this.#bytes += size;
    this.#tell({ type: "done", key, path, size });
    this.#progress();
  }

  folder({ key, path }: Which): void {
    this.#tell({ type: "folder", key, path });
  }

  skipped({ key, path }: Which, why: DownloadSkip): void {
    this.#skipped++;
    this.#tell({ type: "skipped", key, path, why });
    this.#progress();
  }

  failed({ key, path }: Which, error: unknown): void {
    this.#failures++;
    if (this.#failed.length < KEPT) this.#failed.push({ key, path, error });
    this.#tell({ type: "failed", key, path, error });
    this.#progress();
  }

  /** Whether it is a listener that has thrown it, so that no file is to blame. */
  isOurs(error: unknown): boolean {
    return this.#thrown !== undefined && this.#thrown.error === error;
  }

  #progress(): void {
    const { onProgress } = this.#listeners;
    if (onProgress === undefined) return;
    const held = this.#budget.held;
    const counts = { files: this.#files, skipped: this.#skipped, failed: this.#failures };
    this.#guard(() => onProgress({ ...counts, bytes: this.#moved, held }));
  }

  #tell(event: DownloadManyEvent): void {
    this.#guard(() => this.#listeners.onEvent?.(event));
  }

  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#thrown ??= { error };
      throw error;
    }
  }
}
