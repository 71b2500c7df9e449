import type { Draft, ShelfPart } from "@sluice/object-store";
import type { Disk, NewFile } from "./disk.js";
import { translated } from "./file-error.js";
import { type FileRecord, footerOf } from "./object-file.js";

// Small chunks are collected, since each write is a trip to the thread pool. There are two buffers, so that one fills
// while the other is written.
const BUFFER = 256 * 1024;

//  writing ──finish──▶ finished: on the disk, under its temporary name ──renamed by the shelf──▶ published
//    └───────discard───────┴──▶ gone

/** A file that is being written under a temporary name. */
export class FileDraft implements Draft {
  readonly path: string;
  readonly #disk: Disk;
  readonly #file: NewFile;
  readonly #room: number;
  #filling: Buffer | undefined;
  #filled = 0;
  #spare: Buffer | undefined;
  #flushing: Promise<void> | undefined;
  #position = 0;
  #closed = false;

  private constructor(disk: Disk, path: string, file: NewFile, expected: number) {
    this.#disk = disk;
    this.path = path;
    this.#file = file;
    this.#room = Math.min(BUFFER, Math.max(expected, 1));
  }

  /** @param expected how many bytes will come, so that small files need no large buffers. */
  static async create(disk: Disk, path: string, expected: number): Promise<FileDraft> {
    return new FileDraft(disk, path, await disk.create(path), expected);
  }

  write(bytes: Uint8Array): void | Promise<void> {
    if (this.#filled + bytes.length > this.#room) return this.#writeThrough(bytes);
    this.#filling ??= Buffer.allocUnsafeSlow(this.#room);
    this.#filling.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  /** Writes the rest and returns when the file would survive a crash, under its temporary name. */
  async finish(record: FileRecord, parts?: readonly ShelfPart[]): Promise<void> {
    await this.#flush();
    await this.#flushing;
    await this.#writeAll(footerOf(record, parts));
    await this.#disk.syncFile(this.#file);
    await this.#close();
  }

  /** Must not be called once the file has its final name. */
  async discard(): Promise<void> {
    await this.#flushing?.catch(() => undefined);
    await this.#close().catch(() => undefined);
    // What cannot be removed now is removed when the directory is opened again.
    await this.#disk.clear(this.path).catch(() => undefined);
  }

  async #writeThrough(bytes: Uint8Array): Promise<void> {
    await this.#flush();
    if (bytes.length <= this.#room) {
      await this.write(bytes);
      return;
    }
    await this.#flushing;
    await this.#writeAll(bytes);
  }

  /** Begins to write what has been collected, when the write before it is done. */
  async #flush(): Promise<void> {
    await this.#flushing;
    const full = this.#filling;
    if (full === undefined || this.#filled === 0) return;
    this.#flushing = this.#writeAll(full.subarray(0, this.#filled)).then(() => {
      this.#spare = full;
    });
    // It is awaited before the next write; until then nobody may be there to hear of a failure.
    this.#flushing.catch(() => undefined);
    this.#filling = this.#spare;
    this.#spare = undefined;
    this.#filled = 0;
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at, this.#position);
        at += bytesWritten;
        this.#position += bytesWritten;
      }
    } catch (error) {
      throw translated(error);
    }
  }

  async #close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#file.close();
  }
}
