import type { ListedPart } from "../multipart.js";
import type { KeyWalk, ShelfPart, ShelfRecord, ShelfUpload } from "../shelf/shelf.js";
import { compareUtf8 } from "../utf8-order.js";
import type { MemoryBlob } from "./memory-blob.js";

export interface MemoryObject {
  readonly record: ShelfRecord;
  readonly blobs: readonly MemoryBlob[];
  readonly parts: readonly ShelfPart[] | undefined;
}

export interface MemoryUpload extends ShelfUpload {
  readonly parts: Map<number, { readonly part: ListedPart; readonly blob: MemoryBlob }>;
}

/** Objects by key, with the keys in S3's order when somebody lists them. */
export class MemoryBucket {
  readonly created: Date;
  readonly uploads = new Map<string, MemoryUpload>();
  readonly #objects = new Map<string, MemoryObject>();
  #sorted: readonly string[] | undefined = [];

  constructor(created: Date) {
    this.created = created;
  }

  get empty(): boolean {
    return this.#objects.size === 0;
  }

  get(key: string): MemoryObject | undefined {
    return this.#objects.get(key);
  }

  set(key: string, object: MemoryObject): void {
    if (!this.#objects.has(key)) this.#sorted = undefined;
    this.#objects.set(key, object);
  }

  delete(key: string): void {
    if (this.#objects.delete(key)) this.#sorted = undefined;
  }

  walk(prefix: string, after: string): KeyWalk {
    this.#sorted ??= [...this.#objects.keys()].sort(compareUtf8);
    const keys = this.#sorted;
    let at = firstWhere(keys, (key) => compareUtf8(key, after) > 0 && compareUtf8(key, prefix) >= 0);
    return {
      async next() {
        const key = keys[at];
        if (key === undefined || !key.startsWith(prefix)) return undefined;
        at++;
        return key;
      },
      skip(skipped) {
        at = firstWhere(keys, (key) => compareUtf8(key, skipped) > 0 && !key.startsWith(skipped), at);
      },
    };
  }
}

/** The first index from `from` on whose key passes, when all behind one that passes do as well. */
function firstWhere(keys: readonly string[], passes: (key: string) => boolean, from = 0): number {
  let low = from;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (passes(keys[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
