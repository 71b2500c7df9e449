import { join } from "node:path";
import { parseArgs } from "node:util";
import { load } from "../src/run/machine.js";
import { withPrograms } from "../upload/programs.js";
import { factsOf } from "../upload/result.js";
import { type Flooded, flood } from "./flood.js";
import { LENGTHS, type Long, long } from "./long.js";
import { gatewayPage } from "./page.js";
import { type Passed, pass, ways } from "./pass.js";
import { passPlan, QUICK, WHOLE } from "./plan.js";
import { realServer } from "./real.js";
import { readResults, writeResult } from "./result.js";
import { broken } from "./verdict.js";

// pnpm gateway                       what passes, the floods and one long PUT: all that follows, one after the other
// pnpm gateway --pass [--rounds N]   objects through the gateway beside the direct way; also in front of SLUICE_S3_ENDPOINT
// pnpm gateway --flood               crowds at a gateway under a hard limit, as root
// pnpm gateway --flood --crowd ID    only that crowd, in the place of what was measured of it
// pnpm gateway --long [--gib N]      one PUT of 20 GiB, or of N
// pnpm gateway --quick …             smaller, one round; writes nothing
// pnpm gateway --flood --quick --json    the same, and says it in JSON
// pnpm gateway --page                writes the page and its chart from the results that are there
//
// Exits with 0; with 1 if a flood was not as expected; 2 if it could not be done; 130 when interrupted.

const { values } = parseArgs({
  options: {
    pass: { type: "boolean", default: false },
    flood: { type: "boolean", default: false },
    crowd: { type: "string" },
    long: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    page: { type: "boolean", default: false },
    rounds: { type: "string" },
    gib: { type: "string", default: "20" },
  },
});

const MIB = 2 ** 20;
const PROGRAMS = ["proxy", "origin", "passing-client", "crowd", "long-client"];
const OTHERS = ["../upload/sink", "../download/server"];
const every = !values.pass && !values.flood && !values.long;

const stopped = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stopped.abort());

try {
  if (!values.page) await withPrograms("gateway", entries(), measure);
  if (!values.quick) gatewayPage(readResults());
} catch (error) {
  process.exitCode = stopped.signal.aborted ? 130 : 2;
  console.error(stopped.signal.aborted ? "stopped" : String(error));
}

async function measure(folder: string): Promise<void> {
  if (values.pass || every) await runPass(folder);
  if (values.flood || every) await runFlood(folder);
  if (values.long || every) await runLong(folder);
}

async function runPass(folder: string): Promise<void> {
  const before = load();
  const plan = passPlan(count(values.rounds ?? (values.quick ? "1" : "5")), values.quick);
  const real = await realServer(plan.bytes);
  const passed: Passed[] = [];
  for (let round = 1; round <= plan.rounds; round++) {
    for (const way of ways(real !== undefined)) {
      const origin = way.behind === "real" ? real : undefined;
      const one = await pass(way, round, plan, folder, origin, stopped.signal);
      passed.push(one);
      const { behind, kind, proxied, mibPerSecond, cpuPerGib } = one;
      const cost = cpuPerGib === undefined ? "" : `  ${cpuPerGib.toFixed(2)} s/GiB`;
      tell(
        `${round}/${plan.rounds}  ${behind} ${kind} ${proxied ? "through" : "direct"}  ${mibPerSecond} MiB/s${cost}`,
      );
    }
  }
  await real?.close();
  const command = `pnpm gateway --pass --rounds ${plan.rounds}`;
  if (!values.quick) writeResult("pass", { ...factsOf(command, before), plan, server: real?.name, passed });
}

async function runFlood(folder: string): Promise<void> {
  const before = load();
  const plan = values.quick ? QUICK : WHOLE;
  const floods: Flooded[] = [];
  // Without governance once, under the larger limit: who dies there dies under the smaller one as well.
  const crowds = plan.crowds.filter(({ id }) => values.crowd === undefined || id === values.crowd);
  if (crowds.length === 0) throw new Error(`${values.crowd} is none of ${plan.crowds.map(({ id }) => id)}`);
  const runs = crowds.flatMap((crowd) => [
    ...(crowd.ungoverned ? [{ crowd, limitMib: plan.limits[0]!, governed: false }] : []),
    ...plan.limits.map((limitMib) => ({ crowd, limitMib, governed: true })),
  ]);
  for (const { crowd, ...terms } of runs) {
    const flooded = await flood(crowd, terms, plan, folder, stopped.signal);
    floods.push(flooded);
    const { exit, done, told, asked, peak, shed, seconds } = flooded;
    tell(
      `${crowd.says}, ${terms.limitMib} MiB${terms.governed ? "" : ", no governance"}: exit code ${exit}, ${done} done and ${told} told of ${asked}, ${shed} × 503, peak ${Math.round(peak / MIB)} MiB, ${seconds.toFixed(1)} s`,
    );
  }
  const others = values.crowd === undefined || values.quick ? [] : (readResults().flood?.floods ?? []);
  const order = plan.crowds.map(({ id }) => id);
  const all = [...others.filter(({ crowd }) => crowd !== values.crowd), ...floods].sort(
    (a, b) => order.indexOf(a.crowd) - order.indexOf(b.crowd),
  );
  const command = `pnpm gateway --flood${values.quick ? " --quick" : ""}`;
  const result = { ...factsOf(command, before), plan, floods: all };
  const wrong = broken(floods);
  if (values.json) console.log(JSON.stringify(result));
  else for (const sentence of wrong) tell(sentence);
  if (!values.quick) writeResult("flood", result);
  if (wrong.length > 0) process.exitCode = 1;
}

async function runLong(folder: string): Promise<void> {
  const before = load();
  const gib = count(values.gib);
  const runs: Long[] = [];
  for (const bytes of LENGTHS(values.quick ? 2 : gib)) {
    const one = await long(folder, bytes, stopped.signal);
    runs.push(one);
    tell(
      `one PUT of ${bytes / MIB} MiB: peak ${Math.round(one.peakRss / MIB)} MiB, ${one.seconds.toFixed(1)} s`,
    );
  }
  if (!values.quick) writeResult("long", { ...factsOf(`pnpm gateway --long --gib ${gib}`, before), runs });
}

/** The programs by the names that they have in the folder. */
function entries(): Record<string, string> {
  const named = PROGRAMS.map((name) => [name, join(import.meta.dirname, `${name}.ts`)]);
  const others = OTHERS.map((path) => [path.replace("../", ""), join(import.meta.dirname, `${path}.ts`)]);
  return Object.fromEntries([...named, ...others]) as Record<string, string>;
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${text} is not a number of at least 1`);
  return value;
}

function tell(line: string): void {
  console.error(line);
}
