import { mkdir, readdir, rm } from "node:fs/promises";
import { MemoryStore, type ObjectStore } from "@sluice/object-store";
import { DirectoryStore } from "@sluice/object-store/node";
import { FailedError, UsageError } from "../failure.js";

export interface StoreOptions {
  readonly memory?: boolean | undefined;
  readonly dir?: string | undefined;
  /** `true` removes the folder at the end. */
  readonly scratch?: boolean | undefined;
}

export interface OpenStore {
  readonly store: ObjectStore;
  /** For people. */
  readonly place: string;
  close(): Promise<void>;
}

// As S3 itself: a bucket's name that was mistyped is an error, and not a new bucket.
const STRICT = { autoCreateBuckets: false };

/**
 * The store to serve from: memory, or a folder.
 *
 * - **Order:** none.
 * - **Abort:** not needed: it is over at once.
 * - **Errors:** `ERR_USAGE`; `ERR_FAILED` for a scratch folder with something in it; those of the system.
 */
export async function openStore({ dir, scratch }: StoreOptions): Promise<OpenStore> {
  if (dir === undefined) {
    if (scratch) throw new UsageError("--scratch needs --dir: it says that the folder goes away at the end");
    return { store: new MemoryStore(STRICT), place: "objects in memory", close: async () => {} };
  }
  await mkdir(dir, { recursive: true });
  if (!scratch) {
    const store = await DirectoryStore.open(dir, STRICT);
    return { store, place: `objects in ${dir}`, close: () => store.close() };
  }
  // What was there before this run is not ours to remove.
  if ((await readdir(dir)).length > 0)
    throw new FailedError(`${dir}: must be empty for --scratch, which removes it`);
  const store = await DirectoryStore.open(dir, STRICT);
  return {
    store,
    place: `objects in ${dir} until then`,
    async close() {
      await store.close();
      await rm(dir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
