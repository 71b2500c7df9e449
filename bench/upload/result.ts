import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { load, type Machine, machine } from "../src/run/machine.js";
import { middle } from "../src/run/median.js";
import { thisMajor } from "../src/run/runtime.js";
import type { Long } from "./long.js";
import type { ManyOutcome, ManyPlan } from "./many.js";
import type { Plan } from "./plan.js";
import type { Measured, Over, Passed } from "./rounds.js";
import type { Name } from "./subjects.js";

/** Where and when something was measured. */
export interface Facts {
  readonly command: string;
  readonly date: string;
  readonly node: string;
  readonly machine: Machine;
  /** Before, and after. */
  readonly load: readonly number[];
}

export interface UploadResult extends Facts, Measured {
  readonly plan: Plan;
  readonly versions: Readonly<Record<string, string>>;
}

export interface ManyResult extends Facts {
  readonly plan: ManyPlan;
  readonly outcomes: readonly ManyOutcome[];
}

export interface LongResult extends Facts {
  readonly subject: Name;
  readonly runs: readonly Long[];
}

/** What was measured so far: each by a command of its own, and each a file in bench/results. */
export interface Results {
  readonly upload?: UploadResult | undefined;
  readonly many?: ManyResult | undefined;
  readonly long?: LongResult | undefined;
}

const RESULTS = join(import.meta.dirname, "../results");
const FILES = { upload: "upload", many: "upload-many", long: "upload-long" } as const;
const fileOf = (kind: keyof Results): string => join(RESULTS, `${FILES[kind]}-node${thisMajor()}.json`);

export function readResults(): Results {
  const read = (kind: keyof Results): unknown =>
    existsSync(fileOf(kind)) ? JSON.parse(readFileSync(fileOf(kind), "utf8")) : undefined;
  return { upload: read("upload"), many: read("many"), long: read("long") } as Results;
}

/** A pass or a look a line. */
export function writeResult(kind: keyof Results, result: UploadResult | ManyResult | LongResult): void {
  mkdirSync(RESULTS, { recursive: true });
  const text = JSON.stringify(result, undefined, 2).replace(/\{\s+"(?:subject|ms)":[^{}]*\}/g, (object) =>
    object.replace(/\s*\n\s*/g, " "),
  );
  writeFileSync(fileOf(kind), `${text}\n`);
}

export const factsOf = (command: string, before: number): Facts => ({
  command,
  date: new Date().toISOString().slice(0, 10),
  node: process.version,
  machine: machine(),
  load: [before, load()],
});

export type Figure = "cpuPerGib" | "mibPerSecond" | "peak" | "loaded";

/** Undefined for who was not measured. */
export function medianOf(
  { passed }: UploadResult,
  subject: Name,
  over: Over,
  figure: Figure,
): number | undefined {
  const figures = passed
    .filter((one) => one.subject === subject && one.over === over)
    .map((one) => one[figure]);
  return figures.length === 0 ? undefined : middle(figures);
}

/** The median of what it is of another one in the same round. */
export function ratioOf(
  { passed }: UploadResult,
  subject: Name,
  to: Name,
  over: Over,
  figure: Figure,
): number | undefined {
  const called = (name: Name) => passed.filter((one) => one.subject === name && one.over === over);
  const others = new Map(called(to).map((one): [number, Passed] => [one.round, one]));
  const ratios = called(subject).flatMap((one) => {
    const other = others.get(one.round);
    return other === undefined ? [] : [one[figure] / other[figure]];
  });
  return ratios.length === 0 ? undefined : middle(ratios);
}
