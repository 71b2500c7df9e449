import type { PathLike } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import type { RandomAccessBody } from "@sluice/s3-upload";
import { FileChangedError, type FileState } from "./errors.js";

/** A plain file, read by positioned reads. */
export class FileBody implements RandomAccessBody {
  readonly size: number;
  readonly #file: FileHandle;
  readonly #path: PathLike;
  readonly #before: FileState;

  constructor(file: FileHandle, path: PathLike, before: FileState) {
    this.#file = file;
    this.#path = path;
    this.#before = before;
    this.size = before.size;
  }

  /**
   * Fills `into` with the bytes from `position` on.
   *
   * - **Order:** none; reads may overlap.
   * - **Abort:** by the signal, between two reads of the system.
   * - **Errors:** those of the system; `ERR_FILE_CHANGED` if the file ends before.
   */
  async readInto(into: Uint8Array, position: number, signal: AbortSignal): Promise<void> {
    for (let at = 0; at < into.length; ) {
      signal.throwIfAborted();
      const { bytesRead } = await this.#file.read(into, at, into.length - at, position + at);
      if (bytesRead === 0) throw new FileChangedError(this.#path, this.#before, await stateOf(this.#file));
      at += bytesRead;
    }
  }

  /**
   * Rejects if the file was written to since it was opened.
   *
   * - **Order:** none.
   * - **Abort:** not needed.
   * - **Errors:** `ERR_FILE_CHANGED`, and those of the system.
   */
  async verify(): Promise<void> {
    const now = await stateOf(this.#file);
    if (now.size !== this.#before.size || now.mtimeNs !== this.#before.mtimeNs) {
      throw new FileChangedError(this.#path, this.#before, now);
    }
  }
}

/** In nanoseconds, as a file may well be written twice within a millisecond. */
export async function stateOf(file: FileHandle): Promise<FileState> {
  const { size, mtimeNs } = await file.stat({ bigint: true });
  return { size: Number(size), mtimeNs };
}
