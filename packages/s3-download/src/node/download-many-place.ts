import type { Stats } from "node:fs";
import { lstat, mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { type KeyFault, UnsafeKeyError } from "./download-many-errors.js";
import { codeOf } from "./errors.js";

/** Bytes of a name, on nearly every file system. */
const LONGEST_NAME = 255;

// Devices, whatever follows them behind a dot; what ends in a dot or a space; and characters that mean something.
// Source: https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file
const NOT_ON_WINDOWS = /[<>:"\\|?*]|[. ]$|^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\.|$)/i;

// What `downloadToFile` keeps beside a file while it comes, and removes afterwards.
const OWN_NAME = /^\..*\.sluice-(part|state~?|lock~?)$/i;

/** The names that lead to a file, from the folder on; throws `ERR_UNSAFE_KEY`. A folder's last `/` has been cut off. */
export function namesOf(key: string, rest: string, platform: string = process.platform): readonly string[] {
  const names = rest.split("/");
  const fault = names.map((name, at) => faultOf(name, at, platform)).find((found) => found !== undefined);
  if (fault !== undefined) throw new UnsafeKeyError(key, fault);
  return names;
}

function faultOf(name: string, at: number, platform: string): KeyFault | undefined {
  if (name === "") return "empty segment";
  if (name === "." || name === "..") return "dot segment";
  if (name.includes("\0")) return "NUL";
  if (at === 0 && /^[a-z]:($|\\)/i.test(name)) return "drive letter";
  if (platform === "win32" && (NOT_ON_WINDOWS.test(name) || hasControl(name))) return "not a name on Windows";
  if (Buffer.byteLength(name) > LONGEST_NAME) return "too long";
  return OWN_NAME.test(name) ? "a download's own name" : undefined;
}

const hasControl = (name: string): boolean => [...name].some((sign) => sign < " ");

/**
 * Where the files of one call go. No link is followed, unless it says so: what is below one may be anywhere. Whoever else
 * may put links into the folder meanwhile is trusted.
 */
export class Place {
  readonly #folder: string;
  readonly #followLinks: boolean;

  constructor(folder: string, followLinks: boolean) {
    this.#folder = folder;
    this.#followLinks = followLinks;
  }

  path(names: readonly string[]): string {
    return join(this.#folder, ...names);
  }

  /** Makes the folders, one in the other. */
  async makeFolders(key: string, names: readonly string[]): Promise<void> {
    let path = this.#folder;
    for (const name of names) {
      path = join(path, name);
      const found = (await this.#look(key, path)) ?? (await this.#make(key, path));
      if (!found.isDirectory()) throw new UnsafeKeyError(key, "below a file");
    }
  }

  /** Whether something stands where the file goes. */
  async isTaken(key: string, names: readonly string[]): Promise<boolean> {
    const found = await this.#look(key, this.path(names));
    if (found?.isDirectory()) throw new UnsafeKeyError(key, "is a folder");
    return found !== undefined;
  }

  async #make(key: string, path: string): Promise<Stats> {
    await mkdir(path).catch((error) => {
      // Another file of the same folder was faster.
      if (codeOf(error) !== "EEXIST") throw error;
    });
    return (await this.#look(key, path)) ?? (await lstat(path));
  }

  async #look(key: string, path: string): Promise<Stats | undefined> {
    const found = await lstat(path).catch((error) => {
      if (codeOf(error) === "ENOTDIR") throw new UnsafeKeyError(key, "below a file", error);
      if (codeOf(error) !== "ENOENT") throw error;
    });
    if (!found?.isSymbolicLink()) return found ?? undefined;
    if (!this.#followLinks) throw new UnsafeKeyError(key, "through a link");
    return stat(path);
  }
}
