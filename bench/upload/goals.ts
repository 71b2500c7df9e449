import { isBusy } from "./facts.js";
import { medianOf, ratioOf, type UploadResult } from "./result.js";
import { isOurs, NAMES, type Name } from "./subjects.js";

const MIB = 2 ** 20;

/** The floor that does the same work: a digest, and slices. */
export const FLOOR: Name = "floor with CRC32";
export const RIVAL: Name = "lib-storage";

export interface Verdict {
  readonly subject: Name;
  readonly says: string;
  readonly is: string;
  /** Undefined where the figures do not say. */
  readonly met: boolean | undefined;
}

const OVER_FETCH: readonly Name[] = ["Sluice, fetch", "Sluice, node:http"];

/** Judges the goals by what was measured, over http. */
export function judge(result: UploadResult): Verdict[] {
  const times = (subject: Name, to: Name, most: number): Verdict => {
    const ratio = ratioOf(result, subject, to, "http", "cpuPerGib");
    return {
      subject,
      says: `processor time at most ${most} × of the ${to}`.replace("the lib", "lib"),
      is: ratio === undefined ? "not measured" : `${ratio.toFixed(3)} ×`,
      met: ratio === undefined ? undefined : ratio <= most,
    };
  };
  return [
    ...OVER_FETCH.flatMap((subject) => [
      times(subject, FLOOR, 1.3),
      faster(result, subject, 2.2),
      peak(result, subject, 15),
    ]),
    times("Sluice, AWS SDK", RIVAL, 0.85),
    ...NAMES.filter(isOurs).flatMap((subject) => [
      alive(result, subject, "blocks"),
      alive(result, subject, "views"),
    ]),
  ];
}

function faster(result: UploadResult, subject: Name, least: number): Verdict {
  const ratio = ratioOf(result, subject, RIVAL, "http", "mibPerSecond");
  return {
    subject,
    says: `throughput at least ${least} × of ${RIVAL}`,
    is: ratio === undefined ? "not measured" : `${ratio.toFixed(3)} ×`,
    // What passes on a machine that has other things to do is their time as well.
    met: ratio === undefined || isBusy(result) ? undefined : ratio >= least,
  };
}

function peak(result: UploadResult, subject: Name, most: number): Verdict {
  const [own, floor] = [subject, FLOOR].map((name) => medianOf(result, name, "http", "peak"));
  const more = own === undefined || floor === undefined ? undefined : (own - floor) / MIB;
  return {
    subject,
    says: `peak RSS at most ${most} MiB more than the ${FLOOR}`,
    is: more === undefined ? "not measured" : `${more.toFixed(1)} MiB`,
    met: more === undefined ? undefined : more <= most,
  };
}

function alive({ alive, plan }: UploadResult, subject: Name, chunking: "blocks" | "views"): Verdict {
  const most = 1.05;
  const live = alive.find((one) => one.subject === subject)?.[chunking];
  const ratio = live === undefined ? undefined : live / (plan.slots * plan.partSize);
  return {
    subject,
    says: `alive at most ${most} × slots × part size, ${chunking}`,
    is: ratio === undefined ? "not measured" : `${ratio.toFixed(3)} ×`,
    met: ratio === undefined ? undefined : ratio <= most,
  };
}
