import { randomBytes } from "node:crypto";
import { type FileHandle, open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Io } from "../io.js";
import type { FileLocation, StreamLocation } from "../location.js";
import { writeAll } from "../write-all.js";

//  opened ──write*, commit──▶ there, whole, under its name
//    └──────discard─────────▶ gone; what stood there before still does

export interface LocalTarget {
  write(chunk: Uint8Array): Promise<void>;
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/**
 * Opens a file under a name of its own beside its place, or standard output.
 *
 * - **Order:** none.
 * - **Abort:** stops a write to standard output that stalls; `discard` afterwards.
 * - **Errors:** those of the system.
 */
export async function openTarget(
  to: FileLocation | StreamLocation,
  name: string,
  io: Io,
): Promise<LocalTarget> {
  if (to.kind === "stream") {
    return {
      write: (chunk) => writeAll(io.stdout, chunk, io.signal),
      commit: async () => {},
      discard: async () => {},
    };
  }
  const path = await placeOf(to.path, name);
  const existing = await stat(path).catch(absent);
  // A pipe or a device is written to; it must not be replaced by a file.
  if (existing && !existing.isFile()) return direct(await open(path, "w"), path);
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.sluice`);
  const file = await open(temporary, "wx", existing ? existing.mode & 0o777 : 0o666).catch(named(path));
  return besideItsPlace(file, temporary, path);
}

// Into a folder goes the object's own name; through a link goes the file that it names.
async function placeOf(path: string, name: string): Promise<string> {
  const there = await stat(path).catch(absent);
  const place = there?.isDirectory() || path.endsWith("/") ? join(path, name) : path;
  return await realpath(place).catch(() => place);
}

function besideItsPlace(file: FileHandle, temporary: string, path: string): LocalTarget {
  return {
    write: (chunk) => writeFully(file, chunk, path),
    async commit() {
      await file.sync().catch(named(path));
      await file.close();
      await rename(temporary, path);
    },
    async discard() {
      await file.close().catch(() => {});
      await rm(temporary, { force: true });
    },
  };
}

function direct(file: FileHandle, path: string): LocalTarget {
  return {
    write: (chunk) => writeFully(file, chunk, path),
    commit: () => file.close(),
    discard: () => file.close().catch(() => {}),
  };
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

// The system names the temporary file, or, for a write, none at all.
function named(path: string): (error: unknown) => never {
  return (error) => {
    throw Object.assign(error as Error, { path });
  };
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
