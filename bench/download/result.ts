import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { middle } from "../src/run/median.js";
import { thisMajor } from "../src/run/runtime.js";
import type { Facts } from "../upload/result.js";
import type { Plan } from "./plan.js";
import type { Measured, Passed } from "./rounds.js";
import type { Name } from "./subjects.js";

export interface DownloadResult extends Facts, Measured {
  readonly plan: Plan;
  readonly versions: Readonly<Record<string, string>>;
}

const FOLDER = join(import.meta.dirname, "../results");
const FILE = join(FOLDER, `download-node${thisMajor()}.json`);

export const readResult = (): DownloadResult | undefined =>
  existsSync(FILE) ? (JSON.parse(readFileSync(FILE, "utf8")) as DownloadResult) : undefined;

/** A pass or a look a line. */
export function writeResult(result: DownloadResult): void {
  mkdirSync(FOLDER, { recursive: true });
  const text = JSON.stringify(result, undefined, 2).replace(/\{\s+"subject":[^{}]*\}/g, (object) =>
    object.replace(/\s*\n\s*/g, " "),
  );
  writeFileSync(FILE, `${text}\n`);
}

export type Figure = "cpuPerGib" | "mibPerSecond" | "peak" | "loaded" | "requests" | "connections";

/** Which passes: free, or at a limited rate with so many ranges. */
export interface Kind {
  readonly subject: Name;
  /** Left out, those without a limit. */
  readonly window?: number | undefined;
}

const passesOf = ({ passed }: DownloadResult, { subject, window }: Kind): Passed[] =>
  passed.filter(
    (one) =>
      one.subject === subject && (window === undefined ? !one.limited : one.limited && one.window === window),
  );

/** Undefined for who was not measured. */
export function medianOf(result: DownloadResult, kind: Kind, figure: Figure): number | undefined {
  const figures = passesOf(result, kind).map((one) => one[figure]);
  return figures.length === 0 ? undefined : middle(figures);
}

/** The median of what it is of another one in the same round. */
export function ratioOf(result: DownloadResult, kind: Kind, to: Kind, figure: Figure): number | undefined {
  const others = new Map(passesOf(result, to).map((one): [number, Passed] => [one.round, one]));
  const ratios = passesOf(result, kind).flatMap((one) => {
    const other = others.get(one.round);
    return other === undefined ? [] : [one[figure] / other[figure]];
  });
  return ratios.length === 0 ? undefined : middle(ratios);
}
