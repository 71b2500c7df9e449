import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { KeyWalk } from "@sluice/object-store";
import { translated, unlessMissing } from "./file-error.js";
import { fromBytes, namesOfPrefix, readName, toBytes } from "./key-path.js";
import { isOwn } from "./own-path.js";

/**
 * Goes through a bucket's directories in the order of the keys. It reads only directories that can hold a key that
 * is asked for, but each of those whole: a page costs as many names as stand beside its keys.
 */
export class DirectoryWalk implements KeyWalk {
  readonly #prefix: string;
  readonly #after: string;
  readonly #keys: AsyncGenerator<string, void>;
  #skipped: string | undefined;

  constructor(root: () => Promise<string>, prefix: string, after: string) {
    this.#prefix = toBytes(prefix);
    this.#after = toBytes(after);
    const { names, base } = namesOfPrefix(prefix);
    this.#keys = this.#from(root, names, base);
  }

  async next(): Promise<string | undefined> {
    try {
      const step = await this.#keys.next();
      return step.done ? undefined : fromBytes(step.value);
    } catch (error) {
      throw translated(error);
    }
  }

  skip(prefix: string): void {
    this.#skipped = toBytes(prefix);
  }

  async *#from(root: () => Promise<string>, names: readonly string[], base: string): AsyncGenerator<string> {
    const path = join(await root(), ...names);
    if (await isOwn(path)) yield* this.#below(path, base);
  }

  async *#below(path: string, base: string): AsyncGenerator<string, void> {
    const found = (await unlessMissing(readdir(path, { withFileTypes: true }))) ?? [];
    const entries = found.flatMap((dirent) => {
      const { name } = dirent;
      const entry = readName(name, base);
      if (entry === undefined || !this.#wants(entry)) return [];
      return (entry.leaf ? dirent.isFile() : dirent.isDirectory()) ? { ...entry, name } : [];
    });
    entries.sort((a, b) => (a.bytes < b.bytes ? -1 : 1));
    for (const entry of entries) {
      if (this.#skipped !== undefined && entry.bytes.startsWith(this.#skipped)) continue;
      if (entry.leaf) yield entry.bytes;
      else yield* this.#below(join(path, entry.name), entry.bytes);
    }
  }

  #wants({ bytes, leaf }: { readonly bytes: string; readonly leaf: boolean }): boolean {
    if (leaf) return bytes > this.#after && bytes.startsWith(this.#prefix);
    // A directory: all keys in it begin with these bytes.
    if (!bytes.startsWith(this.#prefix) && !this.#prefix.startsWith(bytes)) return false;
    return bytes > this.#after || this.#after.startsWith(bytes);
  }
}
