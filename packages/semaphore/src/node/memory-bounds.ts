import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import { join } from "node:path";

/** Where to look; all of it is this machine's unless told otherwise. */
export interface Machine {
  /** The root of the file system that has `proc` and `sys`. `"/"` unless told. */
  readonly root?: string | undefined;
  /** Bytes that the process may use as far as the runtime knows; 0 or undefined if it does not. */
  readonly constrained?: (() => number | undefined) | undefined;
  /** Bytes that the machine has. */
  readonly total?: (() => number) | undefined;
}

/** How much memory this process may use, and how much its container uses of it. */
export interface MemoryBounds {
  /** Bytes: the smallest of all limits that apply. */
  readonly limit: number;
  /** Bytes that the container uses and could not give back, as the kernel counts now; undefined outside of one. */
  usage(): number | undefined;
}

/** One version of control groups: where they lie, and what their files are called. */
interface Version {
  readonly mount: string;
  readonly limit: string;
  readonly usage: string;
  readonly reclaimable: RegExp;
  /** Whether the second field of a line in `/proc/self/cgroup` says that this version counts the memory. */
  readonly counts: (controllers: string) => boolean;
}

const VERSIONS: readonly Version[] = [
  {
    mount: "sys/fs/cgroup",
    limit: "memory.max",
    usage: "memory.current",
    reclaimable: /^inactive_file (\d+)$/m,
    counts: (controllers) => controllers === "",
  },
  {
    mount: "sys/fs/cgroup/memory",
    limit: "memory.limit_in_bytes",
    usage: "memory.usage_in_bytes",
    reclaimable: /^total_inactive_file (\d+)$/m,
    counts: (controllers) => controllers.split(",").includes("memory"),
  },
];

interface Group {
  readonly limit: number;
  readonly usage: () => number | undefined;
}

/**
 * The smallest of: the limits of the process's control group and of all groups around it (version 2, and 1),
 * what the runtime says, and what the machine has. Never throws: what cannot be read is no limit.
 */
export function memoryBounds({
  root = "/",
  constrained = () => process.constrainedMemory?.(),
  total = totalmem,
}: Machine = {}): MemoryBounds {
  const groups = VERSIONS.flatMap((version) => groupsOf(root, version));
  const others = [constrained(), total()].filter(isLimit);
  const limit = Math.min(...others, ...groups.map((group) => group.limit));
  return { limit, usage: () => groups.find((group) => group.limit === limit)?.usage() };
}

// Version 1 says "no limit" with a number near 2 ** 63, and version 2 with a word.
const isLimit = (bytes: number | undefined): bytes is number => Number.isSafeInteger(bytes) && bytes! > 0;

function groupsOf(root: string, version: Version): Group[] {
  const lines = text(join(root, "proc/self/cgroup"))?.split("\n") ?? [];
  const own = lines
    .map((line) => /^\d+:([^:]*):(.*)/.exec(line))
    .find((line) => line && version.counts(line[1]!));
  if (!own) return [];
  // Seen from inside a namespace, the path may not be below the mount at all; then only the mount is there.
  const parts = join("/", own[2]!).split("/");
  return parts
    .map((_, up) => join(root, version.mount, ...parts.slice(0, parts.length - up)))
    .flatMap((folder) => {
      const limit = Number(text(join(folder, version.limit)) || Number.NaN);
      return isLimit(limit) ? [{ limit, usage: () => usageOf(folder, version) }] : [];
    });
}

function usageOf(folder: string, { usage, reclaimable }: Version): number | undefined {
  const used = Number(text(join(folder, usage)) || Number.NaN);
  // Files that were read once count as used, until somebody else needs the memory: no reason for alarm.
  const cached = Number(reclaimable.exec(text(join(folder, "memory.stat")) ?? "")?.[1] ?? 0);
  return Number.isNaN(used) ? undefined : Math.max(0, used - cached);
}

function text(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return undefined; // no such group, no such version, no such file system
  }
}
