import { constants } from "node:fs";
import { type FileHandle, open, readdir, realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { unlessMissing } from "./file-error.js";

// The store makes no links. Whoever has put one into its directory may mean to show or to overwrite what lies
// elsewhere, so a link is as if it were not there. This is no defence against somebody who changes the directory
// between two calls of the system.

const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
// Does not wait for the other end of a pipe, either.
const READING = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;

/** Whether this is there, and is reached through no link. The path must begin with one that is. */
export const isOwn = async (path: string) => (await unlessMissing(realpath(path))) === path;

/** A file of the store, to be read. */
export async function openOwn(path: string): Promise<FileHandle | undefined> {
  return (await isOwn(dirname(path))) ? unlessMissing(open(path, READING)) : undefined;
}

/** The names in a directory of the store; none if it is not there. */
export async function namesIn(path: string): Promise<string[]> {
  return (await isOwn(path)) ? ((await unlessMissing(readdir(path))) ?? []) : [];
}
