import { readdirSync, readlinkSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, vi } from "vitest";

/** A folder for each test, and what is in it. */
export const folder = {
  path: "",
  at: (name: string) => join(folder.path, name),
  names: () => readdirSync(folder.path).sort(),
  /** The files in it that this process has open. */
  open: () =>
    readdirSync("/proc/self/fd").flatMap((fd) => {
      try {
        const target = readlinkSync(`/proc/self/fd/${fd}`);
        return target.startsWith(folder.path) ? [target] : [];
      } catch {
        return [];
      }
    }),
};

export function useFolder(): void {
  beforeEach(async () => {
    folder.path = await realpath(await mkdtemp(join(tmpdir(), "sluice-to-file-")));
  });
  afterEach(() => rm(folder.path, { recursive: true }));
}

export const deferred = <T = void>() => {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
};

/** Waits for what the disk and the store do in their own time, however busy the machine is. */
export const until = (condition: () => boolean) => vi.waitUntil(condition, { timeout: 25_000, interval: 1 });
