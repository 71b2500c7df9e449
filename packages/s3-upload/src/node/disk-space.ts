import type { PartSpace, SpoolUse } from "@sluice/s3-upload";
import { type Permit, Semaphore } from "@sluice/semaphore";
import { DiskPlace, WINDOW } from "./disk-place.js";
import { sweep } from "./stale.js";

/**
 * The parts of one upload, each in a file. The disk is bounded by the room; memory by a window that is copied through,
 * and one of the same size for each part that is being sent. All of it is paid for at once, for the whole of the upload:
 * who has room on the disk waits for nothing but the disk.
 */
export class DiskSpace implements PartSpace {
  readonly #directory: string;
  readonly #room: Semaphore;
  readonly #use: SpoolUse;
  readonly #memory: number;
  readonly #taken = new Set<DiskPlace>();
  readonly #closing = new Set<Promise<void>>();
  #permit: Permit | undefined;
  #window: Uint8Array | undefined;

  constructor(directory: string, use: SpoolUse) {
    const { room, slots } = use;
    this.#directory = directory;
    this.#use = use;
    this.#room = typeof room === "number" ? new Semaphore(Math.min(room, Number.MAX_SAFE_INTEGER)) : room;
    this.#memory = (1 + slots) * WINDOW;
  }

  get held(): number {
    return this.#window === undefined ? 0 : this.#memory;
  }

  async take(size: number, signal: AbortSignal): Promise<DiskPlace> {
    this.#window ??= await this.#begin(signal);
    // A slot is free before the file of its last part is gone: else there could be more files than slots.
    await Promise.all(this.#closing);
    const share = await granted(this.#room, size, signal);
    const place: DiskPlace = new DiskPlace(this.#directory, this.#window, this.#use.algorithm, () => {
      if (!this.#taken.delete(place)) return;
      const closing = place.close().then(() => {
        share.release();
        this.#closing.delete(closing);
      });
      this.#closing.add(closing);
    });
    this.#taken.add(place);
    try {
      await place.open();
      signal.throwIfAborted();
      return place;
    } catch (cause) {
      place.release();
      throw cause;
    }
  }

  // Nothing is kept for a next part.
  retire(): void {}

  async close(): Promise<void> {
    for (const place of this.#taken) place.release();
    await Promise.all(this.#closing);
    this.#window = undefined;
    this.#permit?.release();
    this.#permit = undefined;
  }

  async #begin(signal: AbortSignal): Promise<Uint8Array> {
    const { budget } = this.#use;
    if (budget !== undefined) this.#permit = await granted(budget, this.#memory, signal);
    await sweep(this.#directory);
    signal.throwIfAborted();
    return new Uint8Array(WINDOW);
  }
}

async function granted(semaphore: Semaphore, weight: number, signal: AbortSignal): Promise<Permit> {
  const permit = await semaphore.acquire(weight, { signal });
  // Granted and aborted in the same turn.
  if (signal.aborted) permit.release();
  signal.throwIfAborted();
  return permit;
}
