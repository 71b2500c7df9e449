import { isBusy } from "../upload/facts.js";
import { type DownloadResult, ratioOf } from "./result.js";
import { FLOOR, isOurs, NAMES, type Name, RIVAL } from "./subjects.js";

export interface Verdict {
  readonly subject: Name;
  readonly says: string;
  readonly is: string;
  /** Undefined where the figures do not say. */
  readonly met: boolean | undefined;
}

/** Judges the goals by what was measured. */
export function judge(result: DownloadResult): Verdict[] {
  const busy = isBusy(result);
  const { windows, window, rangeSize } = result.plan;
  const verdict = (
    subject: Name,
    says: string,
    ratio: number | undefined,
    met: (ratio: number) => boolean,
    known = true,
  ): Verdict => ({
    subject,
    says,
    is: ratio === undefined ? "not measured" : `${ratio.toFixed(3)} ×`,
    met: ratio === undefined || !known ? undefined : met(ratio),
  });
  return NAMES.filter(isOurs).flatMap((subject) => {
    const times = (to: Name, figure: "cpuPerGib" | "mibPerSecond") =>
      ratioOf(result, { subject }, { subject: to }, figure);
    const speeds = [FLOOR, RIVAL].map((to) => times(to, "mibPerSecond"));
    const slowest = speeds.includes(undefined) ? undefined : Math.min(...(speeds as number[]));
    const held = result.alive.find((one) => one.subject === subject)?.bytes;
    return [
      verdict(
        subject,
        `processor time at most 1.2 × of the ${FLOOR}`,
        times(FLOOR, "cpuPerGib"),
        (ratio) => ratio <= 1.2,
      ),
      // What passes on a machine that has other things to do is their time as well.
      verdict(
        subject,
        "throughput at least that of the faster of the two others",
        slowest,
        (ratio) => ratio >= 1,
        !busy,
      ),
      ...windows
        .filter((one) => one > 1)
        .map((one) =>
          verdict(
            subject,
            `with ${one} ranges at a limited rate, at least ${0.9 * one} × of one ${FLOOR}`,
            ratioOf(result, { subject, window: one }, { subject: FLOOR, window: 1 }, "mibPerSecond"),
            (ratio) => ratio >= 0.9 * one,
            !busy,
          ),
        ),
      verdict(
        subject,
        "alive at most 1.05 × window × range size while nobody reads",
        held === undefined ? undefined : held / (window * rangeSize),
        (ratio) => ratio <= 1.05,
      ),
    ];
  });
}
