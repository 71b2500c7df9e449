import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Sample } from "../flood/group.js";
import { middle } from "../src/run/median.js";
import { thisMajor } from "../src/run/runtime.js";
import type { Facts } from "../upload/result.js";
import type { Flooded } from "./flood.js";
import type { Long } from "./long.js";
import type { Passed, Way } from "./pass.js";
import type { FloodPlan, PassPlan } from "./plan.js";

export interface PassResult extends Facts {
  readonly plan: PassPlan;
  /** The real server, if there was one. */
  readonly server?: string | undefined;
  readonly passed: readonly Passed[];
}

export interface FloodResult extends Facts {
  readonly plan: FloodPlan;
  readonly floods: readonly Flooded[];
}

export interface LongResult extends Facts {
  readonly runs: readonly Long[];
}

/** What was measured so far: each a file in bench/results. */
export interface Results {
  readonly pass?: PassResult | undefined;
  readonly flood?: FloodResult | undefined;
  readonly long?: LongResult | undefined;
}

const FOLDER = join(import.meta.dirname, "../results");
const MOST_SAMPLES = 120;
const fileOf = (kind: keyof Results): string => join(FOLDER, `gateway-${kind}-node${thisMajor()}.json`);

export function readResults(): Results {
  const read = (kind: keyof Results): unknown =>
    existsSync(fileOf(kind)) ? JSON.parse(readFileSync(fileOf(kind), "utf8")) : undefined;
  return { pass: read("pass"), flood: read("flood"), long: read("long") } as Results;
}

/** A pass, a flood's sample or a look a line. */
export function writeResult<Kind extends keyof Results>(
  kind: Kind,
  result: NonNullable<Results[Kind]>,
): void {
  mkdirSync(FOLDER, { recursive: true });
  const thin = (key: string, value: unknown): unknown =>
    key === "samples" ? thinned(value as readonly Sample[]) : value;
  const text = JSON.stringify(result, thin, 2).replace(/\{\s+"(?:behind|ms)":[^{}]*\}/g, (object) =>
    object.replace(/\s*\n\s*/g, " "),
  );
  writeFileSync(fileOf(kind), `${text}\n`);
}

/** Fewer samples; of neighbours the highest one stays, so that no peak is lost. */
function thinned(samples: readonly Sample[]): Sample[] {
  const many = Math.max(1, Math.ceil(samples.length / MOST_SAMPLES));
  return Array.from({ length: Math.ceil(samples.length / many) }, (_, nth) =>
    samples.slice(nth * many, (nth + 1) * many).reduce((a, b) => (b.group > a.group ? b : a)),
  );
}

const isSame = (one: Way, other: Way): boolean =>
  one.behind === other.behind && one.kind === other.kind && one.proxied === other.proxied;

/** The median; undefined for what was not measured. */
export function medianOf(
  { passed }: PassResult,
  way: Way,
  figure: "mibPerSecond" | "cpuPerGib" | "peakRss" | "peakHeld",
): number | undefined {
  const figures = passed.filter((one) => isSame(one, way)).flatMap((one) => one[figure] ?? []);
  return figures.length === 0 ? undefined : middle(figures);
}

/** The median of the speed through the gateway, of the direct one in the same round. */
export function shareOf({ passed }: PassResult, { behind, kind }: Omit<Way, "proxied">): number | undefined {
  const called = (proxied: boolean) => passed.filter((one) => isSame(one, { behind, kind, proxied }));
  const direct = new Map(called(false).map((one) => [one.round, one.mibPerSecond]));
  const shares = called(true).flatMap(({ round, mibPerSecond }) => {
    const other = direct.get(round);
    return other === undefined ? [] : [mibPerSecond / other];
  });
  return shares.length === 0 ? undefined : middle(shares);
}
