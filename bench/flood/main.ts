import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { load } from "../src/run/machine.js";
import { thisMajor } from "../src/run/runtime.js";
import { floodChart } from "./chart.js";
import { type Flooded, flood } from "./flood.js";
import { floodPage } from "./page.js";
import { withPlace } from "./place.js";
import { QUICK, sizeOf, WHOLE } from "./plan.js";
import { medianOf, plenty } from "./plenty.js";
import { type FloodResult, resultOf, textOf } from "./result.js";
import { TITLES } from "./titles.js";
import type { Variant } from "./variants.js";
import { broken } from "./verdict.js";

// pnpm flood [--rounds N]        three floods, N rounds where memory is plentiful; writes the results, the page and its chart
// pnpm flood --quick [--json]    three small floods; writes nothing but what it says, in JSON if told to
// pnpm flood --page              writes the page and its chart from the results that are there
//
// Exits with 0 for killed, killed, all served; 1 if it was otherwise; 2 if it could not be done; 130 when interrupted.

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    page: { type: "boolean", default: false },
    rounds: { type: "string", default: "5" },
  },
});

const RESULTS = join(import.meta.dirname, "../results");
const DOCS = join(import.meta.dirname, "../../docs");
const FILE = join(RESULTS, `flood-node${thisMajor()}.json`);
const VARIANTS: readonly Variant[] = ["none", "handler", "admit"];
const MIB = 2 ** 20;

const stopped = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stopped.abort());

try {
  if (values.page) writePage(JSON.parse(readFileSync(FILE, "utf8")) as FloodResult);
  else process.exitCode = await measure();
} catch (error) {
  process.exitCode = stopped.signal.aborted ? 130 : 2;
  console.error(stopped.signal.aborted ? "stopped" : String(error));
}

async function measure(): Promise<number> {
  const before = load();
  const plan = values.quick ? QUICK : WHOLE;
  const rounds = Number(values.rounds);
  if (!Number.isSafeInteger(rounds) || rounds < 1)
    throw new Error(`${values.rounds} is not a number of rounds`);
  tell(`${sizeOf(plan)} clients at once, a hard limit of ${plan.limitMib} MiB`);
  const { floods, free } = await withPlace(plan.frames, async (place) => {
    const floods: Flooded[] = [];
    for (const variant of VARIANTS) {
      const flooded = await flood(variant, plan, place, stopped.signal);
      floods.push(flooded);
      tell(lineOf(flooded));
    }
    if (values.quick) return { floods };
    return { floods, free: await plenty(place, plan.frames, rounds, stopped.signal) };
  });
  if (free !== undefined) {
    const [none, admit] = (["none", "admit"] as const).map((variant) =>
      Math.round(medianOf(free, variant, "mibPerSecond")),
    );
    tell(`where memory is plentiful: ${none} MiB/s without governance, ${admit} MiB/s with admit`);
  }
  const result = resultOf(values.quick ? "pnpm flood --quick" : "pnpm flood", before, plan, floods, free);
  const wrong = broken(floods, plan);
  if (values.json) console.log(JSON.stringify(result));
  else for (const sentence of wrong) console.error(sentence);
  if (!values.quick) {
    mkdirSync(RESULTS, { recursive: true });
    writeFileSync(FILE, textOf(result));
    writePage(result);
  }
  return wrong.length === 0 ? 0 : 1;
}

function lineOf({ variant, exit, served, wellBehaved, peak, seconds }: Flooded): string {
  const fate = exit === 137 ? "killed" : `exit code ${exit}`;
  return `${TITLES[variant]}: ${fate} after ${seconds.toFixed(1)} s, served ${served} of ${wellBehaved}, peak ${Math.round(peak / MIB)} MiB`;
}

function tell(line: string): void {
  console.error(line);
}

function writePage(result: FloodResult): void {
  mkdirSync(join(DOCS, "charts"), { recursive: true });
  writeFileSync(join(DOCS, "charts/flood.svg"), floodChart(result));
  const source = readFileSync(join(import.meta.dirname, "variants.ts"), "utf8");
  writeFileSync(join(DOCS, "flood.md"), floodPage(result, source));
}
