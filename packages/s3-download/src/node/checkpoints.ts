import { open, readFile, rename, rm, stat } from "node:fs/promises";
import type { ObjectSource } from "@sluice/object-store";
import { Extents } from "./extents.js";
import type { PartFile } from "./part-file.js";
import { syncDirectory, type Target } from "./target.js";

//  written ──a step of bytes──▶ the file is synced ──▶ the state says what was there before the sync
//
//  What the state says is on the disk, also when the machine loses power; what it does not say is fetched again. Writing
//  goes on meanwhile, by one more step at the most: so never more than two steps are fetched twice.

/** What an earlier download has left. */
export interface Left {
  readonly etag: string;
  readonly size: number;
  readonly done: Extents;
}

interface State {
  readonly version: 1;
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string | undefined;
  readonly etag: string;
  readonly size: number;
  /** Pairs of the first byte and the one behind the last. */
  readonly done: readonly (readonly [number, number])[];
}

export class Checkpoints {
  readonly #target: Target;
  readonly #source: ObjectSource;
  readonly #etag: string;
  readonly #part: PartFile;
  readonly #step: number;
  #since = 0;
  #saving: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(target: Target, source: ObjectSource, etag: string, part: PartFile, step: number) {
    this.#target = target;
    this.#source = source;
    this.#etag = etag;
    this.#part = part;
    this.#step = step;
  }

  /** That so many bytes were written. */
  async note(bytes: number): Promise<void> {
    this.#since += bytes;
    while (this.#since >= this.#step) {
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#saving === undefined) this.#begin();
      else await this.#saving;
    }
  }

  /** When nothing is written any more: that all of it is noted. */
  async save(): Promise<void> {
    await this.#saving;
    await this.#save();
  }

  /** When no more is to be saved: the state may be removed. */
  async settled(): Promise<void> {
    await this.#saving;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #begin(): void {
    this.#since = 0;
    this.#saving = this.#save()
      .catch((error: unknown) => {
        this.#failure = { error };
      })
      .finally(() => {
        this.#saving = undefined;
      });
  }

  async #save(): Promise<void> {
    const { bucket, key, versionId } = this.#source;
    const done = this.#part.done.list.map(({ start, stop }) => [start, stop] as const);
    const state: State = {
      version: 1,
      bucket,
      key,
      versionId,
      etag: this.#etag,
      size: this.#part.size,
      done,
    };
    await this.#part.sync();
    await replace(this.#target.state, JSON.stringify(state));
  }
}

async function replace(path: string, text: string): Promise<void> {
  const unfinished = `${path}~`;
  const file = await open(unfinished, "w");
  try {
    await file.writeFile(text);
    await file.sync();
    await rename(unfinished, path);
  } catch (cause) {
    await rm(unfinished, { force: true }).catch(() => undefined);
    throw cause;
  } finally {
    await file.close();
  }
}

/** What an earlier download of the same object has left, if that can be told. */
export async function leftOf(target: Target, source: ObjectSource): Promise<Left | undefined> {
  const state = await readState(target.state);
  if (state === undefined) return undefined;
  const { bucket, key, versionId, etag, size } = state;
  const same = bucket === source.bucket && key === source.key && versionId === source.versionId;
  const done = doneOf(state);
  return same && done !== undefined && etag !== "" ? { etag, size, done } : undefined;
}

/** Removes what an earlier download has left, but for the lock. */
export async function clear({ part, state, directory }: Target): Promise<void> {
  await rm(`${state}~`, { force: true });
  const stated = await rm(state).then(
    () => true,
    () => false,
  );
  await rm(part, { force: true });
  // After a loss of power, it must not speak of a file that was begun anew.
  if (stated) await syncDirectory(directory).catch(() => undefined);
}

/** More than it ever takes; whatever else has this name is not read into memory. */
const LONGEST = 2 ** 20;

async function readState(path: string): Promise<State | undefined> {
  try {
    if ((await stat(path)).size > LONGEST) return undefined;
    const state = JSON.parse(await readFile(path, "utf8")) as State;
    return state.version === 1 && typeof state.etag === "string" && Number.isSafeInteger(state.size)
      ? state
      : undefined;
  } catch {
    return undefined;
  }
}

function doneOf({ done, size }: State): Extents | undefined {
  const extents = new Extents();
  let at = 0;
  for (const [start, stop] of Array.isArray(done) ? (done as State["done"]) : []) {
    if (!Number.isSafeInteger(start) || !Number.isSafeInteger(stop)) return undefined;
    if (start < at || stop <= start || stop > size) return undefined;
    extents.add(start, stop);
    at = stop;
  }
  return extents;
}
