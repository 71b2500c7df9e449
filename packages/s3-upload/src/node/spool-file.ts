import { randomUUID } from "node:crypto";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { join } from "node:path";
import { SpoolFullError } from "./errors.js";
import { OWN_PREFIX } from "./stale.js";

/** A file that has no name any more where the system allows that, so that it ends with the process whatever happens. */
export class SpoolFile {
  readonly #directory: string;
  readonly #file: FileHandle;
  /** Where it must be removed, if it still has a name. */
  readonly #path: string | undefined;
  readonly #working = new Set<Promise<unknown>>();
  #closed = false;
  size = 0;

  private constructor(directory: string, file: FileHandle, path: string | undefined) {
    this.#directory = directory;
    this.#file = file;
    this.#path = path;
  }

  static async create(directory: string): Promise<SpoolFile> {
    const path = join(directory, `${OWN_PREFIX}${randomUUID()}`);
    const file = await open(path, "wx+", 0o600).catch((cause) => {
      throw full(directory, cause);
    });
    const named = await unlink(path).then(
      () => undefined,
      () => path,
    );
    return new SpoolFile(directory, file, named);
  }

  async append(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length; ) {
        const rest = bytes.subarray(at);
        const { bytesWritten } = await this.#work(() => this.#file.write(rest, 0, rest.length, this.size));
        at += bytesWritten;
        this.size += bytesWritten;
      }
    } catch (cause) {
      throw full(this.#directory, cause);
    }
  }

  /** At least one byte from `start` on, and at most `limit`, unless the file ends there. */
  async read(start: number, limit: number): Promise<Uint8Array> {
    // All of it is going to be written over.
    const bytes = Buffer.allocUnsafeSlow(Math.min(limit, this.size - start));
    for (let at = 0; at < bytes.length; ) {
      const rest = bytes.subarray(at);
      const { bytesRead } = await this.#work(() => this.#file.read(rest, 0, rest.length, start + at));
      if (bytesRead === 0) throw new Error(`a spooled part ended at ${start + at} of ${this.size} bytes`);
      at += bytesRead;
    }
    return bytes;
  }

  async close(): Promise<void> {
    this.#closed = true;
    // Closed while it is being read, it could give the bytes of another file.
    await Promise.allSettled(this.#working);
    await this.#file.close().catch(() => undefined);
    if (this.#path !== undefined) await unlink(this.#path).catch(() => undefined);
  }

  async #work<T>(begin: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new Error("a spooled part was asked for after it had been given up");
    const work = begin();
    this.#working.add(work);
    try {
      return await work;
    } finally {
      this.#working.delete(work);
    }
  }
}

const FULL: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

const full = (directory: string, cause: unknown) =>
  FULL.has((cause as { code?: unknown } | undefined)?.code) ? new SpoolFullError(directory, cause) : cause;
