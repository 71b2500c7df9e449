import type { BigIntStats, Dir } from "node:fs";
import { opendir, stat } from "node:fs/promises";
import { join } from "node:path";
import { TooDeepError } from "./upload-many-errors.js";
import type { FileToUpload, UploadSkip } from "./upload-many-options.js";

/** How many folders deep a walk goes: each of them is open meanwhile. */
const DEEPEST = 128;

/** A file to upload, or why it is none. */
export type Found = FileToUpload & {
  readonly skip?: UploadSkip | undefined;
  readonly problem?: { readonly error: unknown } | undefined;
};

/**
 * Every file in a folder and in those within, in the order of the system. No more of a folder than a few names is in
 * memory.
 */
export async function* walk(folder: string, followLinks: boolean): AsyncGenerator<Found> {
  const parents = followLinks ? [identity(await look(folder))] : [""];
  yield* within(await opendir(folder), "", parents, followLinks);
}

/** `parents`: who the folders are that this one is in, from the top, itself included. */
async function* within(
  folder: Dir,
  prefix: string,
  parents: readonly string[],
  followLinks: boolean,
): AsyncGenerator<Found> {
  for await (const entry of folder) {
    const path = join(folder.path, entry.name);
    const found: FileToUpload = { path, key: prefix + entry.name };
    try {
      const target = followLinks ? await look(path) : entry;
      if (target.isFile()) yield found;
      else if (!target.isDirectory()) yield { ...found, skip: target.isSymbolicLink() ? "link" : "special" };
      else {
        const self = followLinks ? identity(target as BigIntStats) : "";
        if (followLinks && parents.includes(self)) yield { ...found, skip: "loop" };
        else yield* inner(found, [...parents, self], followLinks);
      }
    } catch (error) {
      yield { ...found, problem: { error } };
    }
  }
}

async function* inner(
  { path, key }: FileToUpload,
  parents: readonly string[],
  followLinks: boolean,
): AsyncGenerator<Found> {
  if (parents.length > DEEPEST) throw new TooDeepError(path, DEEPEST);
  yield* within(await opendir(path), `${key}/`, parents, followLinks);
}

// On Windows, these numbers need more than 53 bits.
const look = (path: string): Promise<BigIntStats> => stat(path, { bigint: true });

const identity = ({ dev, ino }: BigIntStats): string => `${dev}:${ino}`;
