import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { load } from "../src/run/machine.js";
import { uploadChart } from "./chart.js";
import { judge } from "./goals.js";
import { LONG, type Long, lengths, long } from "./long.js";
import { broken, CASES, type ManyOutcome, many, QUICK, QUICK_CASES, WHOLE } from "./many.js";
import { uploadPage } from "./page.js";
import { withPlace } from "./place.js";
import { quick, whole } from "./plan.js";
import { factsOf, type ManyResult, readResults, type UploadResult, writeResult } from "./result.js";
import { play } from "./rounds.js";

// pnpm uploads [--rounds N]           all subjects, over http and TLS, N rounds; writes the results, the page and its chart
// pnpm uploads --quick                one round of smaller uploads; writes nothing
// pnpm uploads --many [--quick]       many uploads at once under a hard limit; with --quick fewer bytes, and writes nothing
// pnpm uploads --many --quick --json  the same, and says it in JSON
// pnpm uploads --long [--gib N]       one upload of 64 GiB, or of N
// pnpm uploads --page                 writes the page and its chart from the results that are there
//
// Exits with 0; with 1 if --many was not as expected; 2 if it could not be done; 130 when interrupted. Goals that are
// missed are on the page, and change no exit code.

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    many: { type: "boolean", default: false },
    long: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    page: { type: "boolean", default: false },
    rounds: { type: "string" },
    gib: { type: "string", default: "64" },
  },
});

const DOCS = join(import.meta.dirname, "../../docs");
const MIB = 2 ** 20;

const stopped = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stopped.abort());

try {
  if (values.many) await runMany();
  else if (values.long) await runLong();
  else if (!values.page) await run();
  if (!values.quick) writePage();
} catch (error) {
  process.exitCode = stopped.signal.aborted ? 130 : 2;
  console.error(stopped.signal.aborted ? "stopped" : String(error));
}

async function run(): Promise<void> {
  const before = load();
  const plan = values.quick ? quick(count(values.rounds ?? "1")) : whole(count(values.rounds ?? "3"));
  const measured = await withPlace((place) => play(place, plan, tell, stopped.signal));
  const command = `pnpm uploads --rounds ${plan.rounds}${values.quick ? " --quick" : ""}`;
  const result: UploadResult = { ...factsOf(command, before), versions: versions(), plan, ...measured };
  for (const { subject, says, is, met } of judge(result)) {
    tell(`${subject}: ${says}: ${is}, ${met === undefined ? "?" : met ? "met" : "missed"}`);
  }
  if (!values.quick) writeResult("upload", result);
}

async function runMany(): Promise<void> {
  const before = load();
  const plan = values.quick ? QUICK : WHOLE;
  const outcomes = await withPlace(async (place) => {
    const outcomes: ManyOutcome[] = [];
    for (const one of values.quick ? QUICK_CASES : CASES) {
      const outcome = await many(one, plan, place, stopped.signal);
      outcomes.push(outcome);
      const { id, exit, peak, fates } = outcome;
      tell(`${id}: exit code ${exit}, ${fates?.done ?? 0} done, peak ${Math.round(peak / MIB)} MiB`);
    }
    return outcomes;
  });
  const command = `pnpm uploads --many${values.quick ? " --quick" : ""}`;
  const result: ManyResult = { ...factsOf(command, before), plan, outcomes };
  const wrong = broken(outcomes, plan);
  if (values.json) console.log(JSON.stringify(result));
  else for (const sentence of wrong) tell(sentence);
  if (!values.quick) writeResult("many", result);
  process.exitCode = wrong.length === 0 ? 0 : 1;
}

async function runLong(): Promise<void> {
  const before = load();
  const gib = count(values.gib);
  const runs = await withPlace(async (place) => {
    const runs: Long[] = [];
    for (const bytes of lengths(gib)) {
      const one = await long(place, bytes, stopped.signal);
      runs.push(one);
      tell(`${bytes / MIB} MiB: peak ${Math.round(one.peak / MIB)} MiB, ${one.seconds.toFixed(1)} s`);
    }
    return runs;
  });
  writeResult("long", { ...factsOf(`pnpm uploads --long --gib ${gib}`, before), subject: LONG, runs });
}

function writePage(): void {
  const results = readResults();
  mkdirSync(join(DOCS, "charts"), { recursive: true });
  if (results.upload !== undefined)
    writeFileSync(join(DOCS, "charts/upload.svg"), uploadChart(results.upload));
  writeFileSync(join(DOCS, "upload.md"), uploadPage(results));
}

function versions(): Record<string, string> {
  const names = ["@aws-sdk/client-s3", "@aws-sdk/lib-storage"];
  const manifest = (name: string) => join(import.meta.dirname, "../node_modules", name, "package.json");
  return Object.fromEntries(
    names.map((name) => [
      name,
      (JSON.parse(readFileSync(manifest(name), "utf8")) as { version: string }).version,
    ]),
  );
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${text} is not a number of at least 1`);
  return value;
}

function tell(line: string): void {
  console.error(line);
}
