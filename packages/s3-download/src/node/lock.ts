import { lstat, lutimes, readFile, readlink, symlink, unlink, writeFile } from "node:fs/promises";
import { codeOf, FileBusyError } from "./errors.js";
import { isAlive, ownerOf, ownText } from "./owner.js";

//  none ──made, by whoever is first──▶ held ──release──▶ none
//    ▲                                  └──the process dies──▶ stale
//    └────removed, by whoever holds the lock of the lock─────────┘
//
//  It is a link to a text that names its owner: made with its content in one step, which a file is not. Two who find the
//  same stale lock must not both remove it, since the second would remove what the first has made in its place: hence the
//  second lock, and the second look.
//
//  An owner that cannot be seen from here, on another machine or in another container, shows by touching its lock that it
//  lives.

/** Milliseconds between two touches, and after which an owner that does not touch its lock is dead. */
const TOUCH = 10_000;
const SILENT = 60_000;

/** What keeps two downloads from writing to one file. */
export class Lock {
  readonly #path: string;
  readonly #text: string;
  readonly #touching: ReturnType<typeof setInterval>;

  private constructor(path: string, text: string) {
    this.#path = path;
    this.#text = text;
    this.#touching = setInterval(() => {
      const now = new Date();
      lutimes(path, now, now).catch(() => undefined);
    }, TOUCH);
    this.#touching.unref();
  }

  /** For the file at `target`. Does not wait: rejects with `ERR_FILE_BUSY` if somebody has it. */
  static async take(path: string, target: string): Promise<Lock> {
    const text = ownText();
    await claim(path, text, target);
    await sweep(`${path}~`, text, target).catch(() => undefined);
    return new Lock(path, text);
  }

  async release(): Promise<void> {
    clearInterval(this.#touching);
    await drop(this.#path, this.#text);
  }
}

async function claim(path: string, text: string, target: string): Promise<void> {
  while (!(await made(path, text))) {
    const owner = await textOf(path);
    if (owner === undefined) continue;
    await refuseLive(path, owner, target);
    const guard = `${path}~`;
    await claim(guard, text, target);
    try {
      if ((await textOf(path)) !== owner) continue;
      await refuseLive(path, owner, target);
      await unlink(path);
    } finally {
      await drop(guard, text);
    }
  }
}

/** Removes the lock of the lock, if whoever had it died when it had just removed the lock. */
async function sweep(guard: string, text: string, target: string): Promise<void> {
  if ((await textOf(guard)) === undefined) return;
  await claim(guard, text, target);
  await drop(guard, text);
}

async function made(path: string, text: string): Promise<boolean> {
  try {
    await symlink(text, path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    if (!NO_LINKS.has(codeOf(error))) throw error;
  }
  try {
    await writeFile(path, text, { flag: "wx" });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Where there are no links, or not for everybody. */
const NO_LINKS: ReadonlySet<unknown> = new Set(["EPERM", "ENOSYS", "ENOTSUP", "EOPNOTSUPP"]);

/** Undefined if it is gone. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readlink(path).catch((error) =>
      codeOf(error) === "EINVAL" || codeOf(error) === "UNKNOWN"
        ? readFile(path, "utf8")
        : Promise.reject(error),
    );
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function refuseLive(path: string, text: string, target: string): Promise<void> {
  const owner = ownerOf(text);
  const alive = owner && isAlive(owner);
  if (alive === false) return;
  if (alive) throw new FileBusyError(target, path, owner?.pid);
  const touched = await lstat(path).catch(() => undefined);
  if (touched && Date.now() - touched.mtimeMs < SILENT) throw new FileBusyError(target, path, undefined);
}

/** Unless somebody has taken it away from us. */
async function drop(path: string, text: string): Promise<void> {
  if ((await textOf(path).catch(() => undefined)) === text) await unlink(path).catch(() => undefined);
}
