import { resolve } from "node:path";
import { ShelfStore, type ShelfStoreOptions } from "@sluice/object-store";
import { DirectoryShelf } from "./directory-shelf.js";
import { Disk } from "./disk.js";

export interface DirectoryStoreOptions extends ShelfStoreOptions {
  /**
   * `false` acknowledges before the disk has it: much faster, and still safe from a crash of the process, but not
   * of the machine. `true` if left out.
   */
  readonly sync?: boolean | undefined;
}

/**
 * An object store in a directory, by S3's rules. What it has acknowledged survives a crash; what it was about to
 * write is gone without a trace. Bodies stream: a write holds half a MiB of them, a read 64 KiB.
 *
 * The directory is made if it does not exist. It belongs to one process, from the first call until the process ends or
 * calls {@link DirectoryStore.close}, and there to one store: another process is refused with `OperationAborted`, and
 * harms nothing. What cannot be seen is a process on another machine, with a directory that the network brings; nor any
 * other on Windows, or on a file system without sockets.
 *
 * @example
 * ```ts
 * const store = await DirectoryStore.open("/var/lib/objects");
 * await store.put({ bucket: "b", key: "k" }, new Uint8Array([1, 2, 3]));
 * ```
 */
export class DirectoryStore extends ShelfStore {
  readonly #shelf: DirectoryShelf;

  /** Touches nothing yet: the directory is prepared by the first call, or by {@link DirectoryStore.open}. */
  constructor(directory: string, options?: DirectoryStoreOptions) {
    const shelf = new DirectoryShelf(resolve(directory), new Disk(options?.sync ?? true));
    super(shelf, options);
    this.#shelf = shelf;
  }

  /**
   * A store whose directory exists and is cleared of what a crash may have left.
   *
   * - **Order:** calls on the store may follow at once.
   * - **Abort:** cannot be aborted.
   * - **Errors:** a StoreError: `InvalidRequest` for a directory of something else, `OperationAborted` for one that
   *   another process has, `InternalError` of the file system.
   */
  static async open(directory: string, options?: DirectoryStoreOptions): Promise<DirectoryStore> {
    const store = new DirectoryStore(directory, options);
    await store.#shelf.prepare();
    return store;
  }

  /**
   * Lets another process have the directory. A process that ends need not call it. A call that comes after it claims
   * the directory again.
   *
   * - **Order:** to be called when all other calls have settled and all bodies have been read or cancelled.
   * - **Abort:** cannot be aborted.
   * - **Errors:** those of the file system.
   */
  async close(): Promise<void> {
    await this.#shelf.close();
  }
}
