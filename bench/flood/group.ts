import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What a control group used at one moment. */
export interface Sample {
  /** Milliseconds since the clients were started. */
  readonly ms: number;
  /** Bytes that the kernel counts against the limit. */
  readonly group: number;
  /** Bytes of the group's processes that are in memory. */
  readonly rss: number;
}

/** What `.ci/under-limit --report` says of a group that is gone. */
export interface Report {
  /** Bytes; undefined where the kernel keeps no peak (version 2, before Linux 5.19). */
  readonly peak: number | undefined;
  readonly oomKills: number;
}

const USAGE = ["memory.current", "memory.usage_in_bytes"];

export interface Watch {
  /** Ends it, and tells what was seen. */
  stop(): Sample[];
}

/** Looks at the group that the report names until it is stopped. */
export function watch(report: string, everyMs: number): Watch {
  const folder = /^group (.*)$/m.exec(readFileSync(report, "utf8"))?.[1];
  if (folder === undefined) throw new Error(`${report} names no group`);
  const usage = USAGE.map((name) => join(folder, name)).find(existsSync);
  const samples: Sample[] = [];
  const began = performance.now();
  const look = (): void => {
    try {
      const group = Number(readFileSync(usage!, "utf8"));
      const pids = readFileSync(join(folder, "cgroup.procs"), "utf8").split("\n").filter(Boolean);
      const rss = pids.reduce((sum, pid) => sum + rssOf(pid), 0);
      samples.push({ ms: Math.round(performance.now() - began), group, rss });
    } catch {
      // The group is gone with the process that was in it.
    }
  };
  look();
  const timer = setInterval(look, everyMs);
  return {
    stop() {
      clearInterval(timer);
      return samples;
    },
  };
}

function rssOf(pid: string): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib ?? 0) * 1024; // a process that is being killed has none
}

export function readReport(path: string): Report {
  const text = readFileSync(path, "utf8");
  const peak = /^peak (\d+)$/m.exec(text)?.[1];
  return {
    peak: peak === undefined ? undefined : Number(peak),
    oomKills: Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0),
  };
}
