import { type FileHandle, lstat, open, readlink, realpath, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Io } from "../io.js";
import type { StreamLocation } from "../location.js";
import { writeAll } from "../write-all.js";

/** What bytes are written to as they come: a pipe, a device, or standard output. */
export interface LocalTarget {
  write(chunk: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** A place in the file system. */
export interface Place {
  readonly kind: "place";
  readonly path: string;
  /** A pipe or a device is written to; it must not be replaced by a file. */
  readonly isFile: boolean;
}

/** Where a file goes: into a folder goes the object's own name; through a link goes the file that it names. */
export async function placeOf(path: string, name: string): Promise<Place> {
  const there = await stat(path).catch(absent);
  const given = there?.isDirectory() || path.endsWith("/") ? join(path, name) : path;
  const place = await realpath(given).catch(() => behindLink(given));
  const existing = await stat(place).catch(absent);
  return { kind: "place", path: place, isFile: existing?.isFile() ?? true };
}

/**
 * Opens a pipe, a device or standard output.
 *
 * - **Order:** none.
 * - **Abort:** stops a write to standard output that stalls; `close` afterwards.
 * - **Errors:** those of the system.
 */
export async function openTarget(to: Place | StreamLocation, io: Io): Promise<LocalTarget> {
  if (to.kind === "stream") {
    return { write: (chunk) => writeAll(io.stdout, chunk, io.signal), close: async () => {} };
  }
  const file = await open(to.path, "w");
  return { write: (chunk) => writeFully(file, chunk, to.path), close: () => file.close() };
}

// The file that a link names may not be there yet.
async function behindLink(path: string): Promise<string> {
  const found = await lstat(path).catch(absent);
  return found?.isSymbolicLink() ? resolve(dirname(path), await readlink(path)) : path;
}

async function writeFully(file: FileHandle, chunk: Uint8Array, path: string): Promise<void> {
  try {
    for (let from = 0; from < chunk.byteLength; ) {
      const { bytesWritten } = await file.write(chunk, from);
      from += bytesWritten;
    }
  } catch (error) {
    named(path)(error);
  }
}

/** The system names a temporary file, or, for a write, none at all. */
export function named(path: string): (error: unknown) => never {
  return (error) => {
    const { syscall } = error as NodeJS.ErrnoException;
    throw typeof syscall === "string" && syscall !== "connect"
      ? Object.assign(error as Error, { path })
      : error;
  };
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
