import { readFileSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";

//  sluice-spool-<pid>-<start>-<id>   the name of a file, for the moment that it has one
//
//  It belongs to a process: that of this number which began at this time. Where a file cannot lose its name while it is
//  open, and where a process is killed before it has, it stays; whoever comes next takes it away.

const NAME = /^sluice-spool-(\d+)-(\d+)-/;
const swept = new Map<string, Promise<void>>();

export const OWN_PREFIX = `sluice-spool-${process.pid}-${startOf("self") ?? 0}-`;

/** Makes the directory and removes what processes that are gone have left in it: once for each process. */
export function sweep(directory: string): Promise<void> {
  const path = resolve(directory);
  const sweeping = swept.get(path) ?? sweepNow(path);
  swept.set(path, sweeping);
  // A directory that could not be made may be makeable later.
  sweeping.catch(() => swept.delete(path));
  return sweeping;
}

async function sweepNow(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  // Whoever may write to it need not be allowed to look around.
  const names = await readdir(directory).catch(() => []);
  const stale = names.filter((name) => isStale(name));
  await Promise.all(stale.map((name) => rm(join(directory, name), { force: true }).catch(() => undefined)));
}

function isStale(name: string): boolean {
  const [, pid, start] = NAME.exec(name) ?? [];
  if (pid === undefined || start === undefined || name.startsWith(OWN_PREFIX)) return false;
  if (Number(pid) === process.pid || !isAlive(Number(pid))) return true;
  const now = startOf(pid);
  return now !== undefined && now !== start;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // It is somebody else's.
    return (error as { code?: unknown }).code === "EPERM";
  }
}

/** When a process began, in ticks since the machine did; undefined where the system does not tell. */
function startOf(pid: string): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name of the program, in brackets, may hold anything.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
