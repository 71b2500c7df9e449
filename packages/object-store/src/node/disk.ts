import { type FileHandle, mkdir, open, rename, rmdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { hasCode } from "./file-error.js";

/**
 * Changes that survive a crash of the machine, if it syncs; of the process, if it does not.
 *
 * A rename is safe only when the directory that holds the name has been synced as well.
 */
export class Disk {
  readonly #syncs: boolean;

  constructor(syncs: boolean) {
    this.#syncs = syncs;
  }

  async rename(from: string, to: string): Promise<void> {
    await rename(from, to);
    await this.syncDirectory(dirname(to));
  }

  async syncFile(file: FileHandle): Promise<void> {
    if (this.#syncs) await file.datasync();
  }

  async syncDirectory(path: string): Promise<void> {
    // Windows can neither open nor sync a directory; there, names are as safe as the file system makes them.
    if (!this.#syncs || process.platform === "win32") return;
    const directory = await open(path, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  async writeFile(path: string, text: string): Promise<void> {
    await writeFile(path, text, { flush: this.#syncs });
  }

  /** Makes the directory and those above it that are missing. */
  async makeDirectory(path: string): Promise<void> {
    const first = await mkdir(path, { recursive: true });
    if (first === undefined) return;
    for (let at = path; at.length >= first.length; at = dirname(at)) await this.syncDirectory(dirname(at));
  }

  /** Makes the directory and those above it, up to the root, which must exist. */
  async makeDirectoryBelow(root: string, path: string): Promise<void> {
    if (path === root) return;
    try {
      await mkdir(path);
    } catch (error) {
      if (hasCode(error, "EEXIST")) return;
      if (!hasCode(error, "ENOENT") || dirname(path) === root) throw error;
      await this.makeDirectoryBelow(root, dirname(path));
      return this.makeDirectoryBelow(root, path);
    }
    await this.syncDirectory(dirname(path));
  }
}

/** Removes the directory and those above it, up to the root, as long as they are empty. */
export async function pruneUp(path: string, root: string): Promise<void> {
  for (let at = path; at !== root; at = dirname(at)) {
    if (!(await removeIfEmpty(at))) return;
  }
}

export async function removeIfEmpty(path: string): Promise<boolean> {
  try {
    await rmdir(path);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOTEMPTY", "EEXIST", "ENOENT")) return false;
    throw error;
  }
}
