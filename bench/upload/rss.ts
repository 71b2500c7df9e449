import { readFileSync } from "node:fs";

/** Bytes of this process that are in memory. */
export const rss = (): number => process.memoryUsage.rss();

/**
 * Bytes of this process that were in memory at the most, as the kernel kept count: nothing between two looks is missed.
 * `resourceUsage().maxRSS` is not it: that of a child begins with what its parent had.
 */
export function peakRss(): number {
  const kib = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  if (kib === undefined)
    throw new Error("this kernel does not tell the peak of a process: VmHWM in /proc/self/status");
  return Number(kib) * 1024;
}
