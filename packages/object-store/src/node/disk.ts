import { type FileHandle, mkdir, open, rename, rm, rmdir, unlink, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { hasCode, unlessMissing } from "./file-error.js";
import { isOwn } from "./own-path.js";

// What makes a change survive a crash of the machine, in this order:
//
//   bytes in a file under a temporary name ──▶ the file synced ──▶ renamed ──▶ the directory of the name synced
//     ──▶ the directories above it synced, those that are new ──▶ acknowledged
//
// A process that is killed loses nothing that it has told the system, so for it the rename alone would do.

/** A file that is being written. */
export type NewFile = Pick<FileHandle, "write" | "datasync" | "close">;

/** All changes of a directory, safe from a crash of the machine if it syncs; of the process, if it does not. */
export class Disk {
  readonly #syncs: boolean;
  // Directories whose name is known to be on the disk, so that it is asked for once and not for each object.
  readonly #kept = new Set<string>();

  constructor(syncs: boolean) {
    this.#syncs = syncs;
  }

  /** A new file. Refused if there is one. */
  async create(path: string): Promise<NewFile> {
    return open(path, "wx");
  }

  async syncFile(file: NewFile): Promise<void> {
    if (this.#syncs) await file.datasync();
  }

  async writeFile(path: string, text: string): Promise<void> {
    await writeFile(path, text, { flush: this.#syncs });
  }

  async move(from: string, to: string): Promise<void> {
    await rename(from, to);
  }

  /** Moves it, and makes the new name safe. */
  async rename(from: string, to: string): Promise<void> {
    await this.move(from, to);
    await this.syncDirectory(dirname(to));
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

  /** Returns whether there was one. */
  async unlink(path: string): Promise<boolean> {
    return (await unlessMissing(unlink(path).then(() => true))) === true;
  }

  /** Removes a file, or a directory and all that is in it, if there is one. Not safe from a crash of the machine. */
  async clear(path: string): Promise<void> {
    await rm(path, { recursive: true, force: true });
  }

  /** Makes the directory, above which there is one. */
  async makeOne(path: string): Promise<void> {
    await mkdir(path);
  }

  /** Makes the directory and those above it that are missing. */
  async makeDirectory(path: string): Promise<void> {
    try {
      await this.makeOne(path);
    } catch (error) {
      if (hasCode(error, "EEXIST")) return;
      if (!hasCode(error, "ENOENT") || dirname(path) === path) throw error;
      await this.makeDirectory(dirname(path));
      return this.makeDirectory(path);
    }
    await this.syncDirectory(dirname(path));
  }

  /** Makes the directory and those above it, up to the root, which must exist. `keep` makes them safe. */
  async makeDirectoryBelow(root: string, path: string): Promise<void> {
    if (path === root || (await isOwn(path))) return;
    await this.makeDirectoryBelow(root, dirname(path));
    try {
      await this.makeOne(path);
    } catch (error) {
      // Somebody else was faster, unless it is a link or a file.
      if (!hasCode(error, "EEXIST") || !(await isOwn(path))) throw error;
    }
  }

  /**
   * Syncs the names of the directory and of those above it, up to the root, unless that is known to be done. There
   * must be a file in it meanwhile that nobody removes: an empty one might be removed and made anew.
   */
  async keep(root: string, path: string): Promise<void> {
    if (!this.#syncs) return;
    for (let at = path; at !== root; at = dirname(at)) {
      if (this.#kept.has(at)) continue;
      await this.syncDirectory(dirname(at));
      if (this.#kept.size >= MOST_KEPT) this.#kept.clear();
      this.#kept.add(at);
    }
  }

  async removeOne(path: string): Promise<void> {
    await rmdir(path);
  }

  async removeIfEmpty(path: string): Promise<boolean> {
    this.#kept.delete(path);
    try {
      await this.removeOne(path);
      return true;
    } catch (error) {
      if (hasCode(error, "ENOTEMPTY", "EEXIST", "ENOENT")) return false;
      throw error;
    }
  }

  /** Makes safe that something was removed from the directory; if that itself was removed, that it was. */
  async syncRemoval(root: string, path: string): Promise<void> {
    try {
      await this.syncDirectory(path);
    } catch (error) {
      if (!hasCode(error, "ENOENT")) throw error;
      // Whoever has removed the root makes that safe.
      if (path !== root) await this.syncRemoval(root, dirname(path));
    }
  }

  /** Removes the directory and those above it, up to the root, as long as they are empty. */
  async pruneUp(root: string, path: string): Promise<void> {
    for (let at = path; at !== root; at = dirname(at)) {
      if (!(await this.removeIfEmpty(at))) return;
    }
  }
}

const MOST_KEPT = 10_000;
