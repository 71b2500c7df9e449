import { randomUUID } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** Who holds a lock. */
export interface Owner {
  readonly pid: number;
  /** When the process began, in ticks since the machine did; empty where the system does not tell. */
  readonly start: string;
  /** In which the number of the process means something: a host, and a namespace of it. */
  readonly world: string;
}

/** This process, for one lock: no two texts are the same. */
export const ownText = (): string => `${process.pid}:${startOf("self")}:${randomUUID()}:${ownWorld()}`;

export function ownerOf(text: string): Owner | undefined {
  const [, pid, start = "", world = ""] = /^(\d+):(\d*):[0-9a-f-]+:(.+)$/s.exec(text) ?? [];
  return pid === undefined ? undefined : { pid: Number(pid), start, world };
}

/** Whether the process is alive; undefined if that cannot be seen from here. */
export function isAlive({ pid, start, world }: Owner): boolean | undefined {
  if (world !== ownWorld()) return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // It is somebody else's.
    if ((error as { code?: unknown }).code !== "EPERM") return false;
  }
  // The number may have been given to another process since.
  const now = startOf(String(pid));
  return now === "" || start === "" || now === start;
}

function ownWorld(): string {
  try {
    return `${readlinkSync("/proc/self/ns/pid").replace(/\D/g, "")}@${hostname()}`;
  } catch {
    return `@${hostname()}`;
  }
}

function startOf(pid: string): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name of the program, in brackets, may hold anything.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
