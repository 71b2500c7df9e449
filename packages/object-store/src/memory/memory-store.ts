import { ShelfStore, type ShelfStoreOptions } from "../shelf/shelf-store.js";
import { MemoryShelf } from "./memory-shelf.js";

export interface MemoryStoreOptions extends ShelfStoreOptions {}

/**
 * An object store in memory, by S3's rules: for tests, for demos, and as the store behind an embedded server. Its
 * limits can be tiny, so that the edges of a multipart upload are reached with parts of 4 bytes.
 *
 * @example
 * ```ts
 * const store = new MemoryStore({ limits: { minPartSize: 4 } });
 * await store.put({ bucket: "b", key: "k" }, new Uint8Array([1, 2, 3]));
 * ```
 */
export class MemoryStore extends ShelfStore {
  constructor(options?: MemoryStoreOptions) {
    super(new MemoryShelf(), options);
  }
}
