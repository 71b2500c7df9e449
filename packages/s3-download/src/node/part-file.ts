import { constants, type FileHandle, link, open, rename, rm, stat, statfs, unlink } from "node:fs/promises";
import { codeOf, DiskFullError, FileBusyError, FileExistsError } from "./errors.js";
import { Extents } from "./extents.js";
import { syncDirectory, type Target } from "./target.js";

//  open, under its own name ──publish──▶ there, whole, under the name that was asked for
//    ├────discard────▶ gone
//    └────close──────▶ kept, for who resumes

/** A file that is being written, at any place of it. */
export class PartFile {
  /** Which bytes have been written. */
  readonly done: Extents;
  readonly size: number;
  readonly #target: Target;
  readonly #file: FileHandle;
  /** Who has it under that name has this very file. */
  readonly #inode: bigint;

  private constructor(target: Target, size: number, done: Extents, file: FileHandle, inode: bigint) {
    this.#target = target;
    this.size = size;
    this.done = done;
    this.#file = file;
    this.#inode = inode;
  }

  /** Makes a new one. It has its size at once, so that a file system that has no such files says so at once. */
  static async create(target: Target, size: number): Promise<PartFile> {
    await rm(target.part, { force: true });
    // Others see no more of it than of the file that it replaces.
    const file = await open(target.part, "wx+", target.mode === undefined ? 0o666 : 0o600);
    const part = await PartFile.#of(target, size, new Extents(), file);
    try {
      await part.#checkRoom();
      await file.truncate(size).catch((cause) => Promise.reject(part.#full(cause)));
      return part;
    } catch (cause) {
      await part.discard();
      throw cause;
    }
  }

  /** Opens what an earlier download has left; undefined if that is not what its state says. */
  static async reopen(target: Target, size: number, done: Extents): Promise<PartFile | undefined> {
    // Not through a link that somebody else has put there.
    const flags = constants.O_RDWR | (constants.O_NOFOLLOW ?? 0);
    const file = await open(target.part, flags).catch(() => undefined);
    if (file === undefined) return undefined;
    const found = await file.stat();
    const own = process.getuid === undefined || found.uid === process.getuid();
    if (found.isFile() && found.size === size && own) return PartFile.#of(target, size, done, file);
    await file.close();
    return undefined;
  }

  static async #of(target: Target, size: number, done: Extents, file: FileHandle): Promise<PartFile> {
    const { ino } = await file.stat({ bigint: true });
    return new PartFile(target, size, done, file, ino);
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    try {
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at, position + at);
        at += bytesWritten;
      }
    } catch (cause) {
      throw this.#full(cause);
    }
    this.done.add(position, position + bytes.length);
  }

  /** How many bytes from `position` on it has read; none at the end of the file. */
  async read(into: Uint8Array, position: number): Promise<number> {
    return (await this.#file.read(into, 0, into.length, position)).bytesRead;
  }

  async sync(): Promise<void> {
    await this.#file.sync().catch((cause) => Promise.reject(this.#full(cause)));
  }

  /** In one step, and never over a file that is there if `failIfExists`. */
  async publish(failIfExists: boolean): Promise<void> {
    const { path, part, directory, mode, lock } = this.#target;
    if (mode !== undefined) await this.#file.chmod(mode);
    await this.sync();
    if (!(await this.isOurs())) throw new FileBusyError(path, lock, undefined);
    if (failIfExists) {
      await link(part, path).catch((cause) => {
        throw codeOf(cause) === "EEXIST" ? new FileExistsError(path, cause) : cause;
      });
      await unlink(part);
    } else {
      await rename(part, path);
    }
    // The file is there, and whole. That its name might not survive a loss of power is no reason to say it were not.
    await syncDirectory(directory).catch(() => undefined);
    await this.close();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  /** Says whether it was still ours to remove. */
  async discard(): Promise<boolean> {
    const ours = await this.isOurs();
    await this.close().catch(() => undefined);
    if (ours) await rm(this.#target.part, { force: true });
    return ours;
  }

  /** Who could not see that we are alive may have begun anew. */
  async isOurs(): Promise<boolean> {
    const found = await stat(this.#target.part, { bigint: true }).catch(() => undefined);
    return found?.ino === this.#inode;
  }

  async #checkRoom(): Promise<void> {
    const { bavail, bsize, blocks } = await statfs(this.#target.directory);
    // Some file systems do not say.
    if (blocks === 0 || bavail * bsize >= this.size) return;
    throw new DiskFullError(this.#target.path, this.size, `${bavail * bsize} bytes are free`);
  }

  #full(cause: unknown): unknown {
    return namedIfFull(this.#target, this.size, cause);
  }
}

const FULL: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** What the system says of a disk that is full, in terms of the file; anything else as it is. */
export function namedIfFull({ path }: Target, size: number, cause: unknown): unknown {
  const code = codeOf(cause);
  return FULL.has(code) ? new DiskFullError(path, size, String(code), cause) : cause;
}
