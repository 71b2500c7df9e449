/** What time is: what passes, or what this process has had of the processors, its collector's threads included. */
export type Clock = "wall" | "cpu";

/** The variable that tells a process by which clock it is to measure. */
export const CLOCK = "SLUICE_BENCH_CLOCK";

/** Milliseconds, by the clock that was chosen. */
export const now: () => number = process.env[CLOCK] === "cpu" ? cpuNow : () => performance.now();

export function cpuNow(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
