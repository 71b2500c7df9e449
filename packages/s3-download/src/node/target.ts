import { createHash } from "node:crypto";
import type { Stats } from "node:fs";
import { access, constants, lstat, open, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { InvalidValueError } from "@sluice/semaphore";
import { codeOf, FileExistsError, NotAFileError } from "./errors.js";

//  film.mkv                  there when it is whole
//  .film.mkv.sluice-part     the bytes, each at its place, until then
//  .film.mkv.sluice-state    which of them are on the disk, for who resumes; -state~ while it is written
//  .film.mkv.sluice-lock     who writes them; -lock~ while one takes the lock of a dead process
//
//  The names follow from the file's own, so whoever comes next finds what a process that was killed has left.

/** Where a file goes. */
export interface Target {
  /** Absolute, and of no link. */
  readonly path: string;
  readonly directory: string;
  /** The permissions of the file that it replaces. */
  readonly mode: number | undefined;
  readonly part: string;
  readonly state: string;
  readonly lock: string;
}

/** Looks where the path leads, before anything is asked for. */
export async function targetOf(given: string | URL, failIfExists: boolean): Promise<Target> {
  const path = typeof given === "string" ? given : fileURLToPath(given);
  if (path === "") throw new InvalidValueError("path", path, "the path of a file");
  const there = await lstat(path).catch(absent);
  if (there === undefined && (path.endsWith("/") || path.endsWith(sep))) {
    throw new NotAFileError(path, "the name of a directory");
  }
  if (there !== undefined && failIfExists) throw new FileExistsError(path);
  const place = there?.isSymbolicLink() ? await behindLink(path) : path;
  const replaced = there && (await stat(place));
  if (replaced && !replaced.isFile()) throw new NotAFileError(path, kindOf(replaced));
  const directory = await realpath(dirname(place));
  await access(directory, constants.W_OK);
  const name = basename(place);
  const hidden = (what: string) => join(directory, `.${short(name)}.sluice-${what}`);
  return {
    path: join(directory, name),
    directory,
    mode: replaced && replaced.mode & 0o777,
    part: hidden("part"),
    state: hidden("state"),
    lock: hidden("lock"),
  };
}

/** Lets names in it survive a loss of power. */
export async function syncDirectory(path: string): Promise<void> {
  // Windows can neither open nor sync one.
  if (process.platform === "win32") return;
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function behindLink(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    throw new NotAFileError(path, "a link to nothing");
  }
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return "a directory";
  if (found.isFIFO()) return "a named pipe";
  return found.isSocket() ? "a socket" : "a device";
}

// A name has 255 bytes at the most.
const short = (name: string): string =>
  Buffer.byteLength(name) <= 230 ? name : createHash("sha256").update(name).digest("hex");

function absent(error: unknown): undefined {
  if (codeOf(error) !== "ENOENT") throw error;
}
