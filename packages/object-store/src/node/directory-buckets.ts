import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Disk } from "./disk.js";
import { unlessMissing } from "./file-error.js";
import type { Layout } from "./layout.js";
import { isOwn, namesIn } from "./own-path.js";

/** The buckets of a directory: each a directory, and a file that says that it is one. */
export class DirectoryBuckets {
  readonly #layout: Layout;

  constructor(layout: Layout) {
    this.#layout = layout;
  }

  async create(bucket: string, created: Date): Promise<void> {
    const { disk } = this.#layout;
    if (await this.has(bucket)) return;
    await this.#layout.making(async (temporary) => {
      for (const name of ["objects", "uploads", "parts"]) await disk.makeDirectory(join(temporary, name));
      await disk.writeFile(join(temporary, "bucket.json"), JSON.stringify({ created: created.getTime() }));
      await disk.syncDirectory(temporary);
      await this.#clear(bucket);
      await disk.rename(temporary, this.#layout.bucket(bucket));
    });
  }

  async has(bucket: string): Promise<boolean> {
    return isOwn(this.#layout.objects(bucket));
  }

  async remove(bucket: string): Promise<boolean> {
    const layout = this.#layout;
    // Fails if an object has come meanwhile. From then on none can: its directory is not there.
    if (!(await removeEmpty(layout.disk, layout.objects(bucket)))) return false;
    await this.#clear(bucket);
    return true;
  }

  async list(): Promise<{ readonly name: string; readonly created: Date }[]> {
    const found: { name: string; created: Date }[] = [];
    for (const name of await namesIn(this.#layout.buckets)) {
      const text = await unlessMissing(readFile(this.#layout.bucketRecord(name), "utf8"));
      // Without its objects it was being removed when there was a crash.
      if (text === undefined || !(await this.has(name))) continue;
      const { created } = JSON.parse(text) as { created: number };
      found.push({ name, created: new Date(created) });
    }
    return found;
  }

  /** Removes what is left of a bucket without objects: out of sight in one step, then gone. */
  async #clear(bucket: string): Promise<void> {
    const { disk, buckets } = this.#layout;
    const temporary = this.#layout.temporary();
    if (
      (await unlessMissing(disk.rename(this.#layout.bucket(bucket), temporary).then(() => true))) ===
      undefined
    )
      return;
    await disk.syncDirectory(buckets);
    await disk.clear(temporary);
  }
}

/** Removes a tree of directories that has no files in it, and returns whether it could. */
async function removeEmpty(disk: Disk, path: string): Promise<boolean> {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (!entry.isDirectory() || !(await removeEmpty(disk, join(path, entry.name)))) return false;
  }
  return disk.removeIfEmpty(path);
}
