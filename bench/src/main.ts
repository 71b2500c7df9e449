import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chartOf } from "./page/chart.js";
import { figureText } from "./page/figure.js";
import { chartName, pageOf } from "./page/page.js";
import type { Outcome } from "./run/answer.js";
import type { Cell } from "./run/cell.js";
import { load, machine, versionsOf } from "./run/machine.js";
import { figuresOf, type Result } from "./run/result.js";
import { type Plan, play } from "./run/rounds.js";
import { type Runtime, runtimeOf, thisMajor } from "./run/runtime.js";
import { columnsOf, type Table } from "./table.js";
import { TABLES, tableCalled } from "./tables.js";

// pnpm bench [TABLE…] [--rounds N] [--node 20,24,26] [--cpu] [--quick]   measures, and writes the page anew
// pnpm bench --page                                              writes the page from the results that are there

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string" },
    node: { type: "string", default: String(thisMajor()) },
    cpu: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    page: { type: "boolean", default: false },
  },
});

const RESULTS = join(import.meta.dirname, "../results");
const DOCS = join(import.meta.dirname, "../../docs");

const clock = values.cpu ? "cpu" : "wall";
const plan: Plan = values.quick
  ? { clock, rounds: count(values.rounds, 1), limitSeconds: 10, onceSeconds: 2 }
  : { clock, rounds: count(values.rounds, 3), limitSeconds: 45, onceSeconds: 5 };

if (!values.page) {
  const tables = positionals.length > 0 ? positionals.map(tableCalled) : TABLES;
  const runtimes = values.node.split(",").map((major) => runtimeOf(count(major, thisMajor())));
  for (const table of tables) for (const runtime of runtimes) await run(table, runtime);
}
writePage();

async function run(table: Table, runtime: Runtime): Promise<void> {
  console.log(`${table.title} on Node ${runtime.version}, ${plan.rounds} rounds`);
  const before = load();
  const measured = await play(table, runtime, plan, tell(table));
  const result: Result = {
    table: table.id,
    command: commandOf(table, runtime),
    date: new Date().toISOString().slice(0, 10),
    node: runtime.version,
    rounds: plan.rounds,
    clock,
    machine: machine(),
    load: [before, load()],
    versions: versionsOf(table),
    figures: figuresOf(table, measured, plan),
  };
  mkdirSync(RESULTS, { recursive: true });
  const file = join(RESULTS, `${table.id}-node${runtime.major}.json`);
  writeFileSync(file, `${JSON.stringify(result, undefined, 2)}\n`);
}

function commandOf({ id }: Table, { major }: Runtime): string {
  const flags = (["cpu", "quick"] as const).filter((name) => values[name]).map((name) => ` --${name}`);
  return `pnpm bench ${id} --rounds ${plan.rounds} --node ${major}${flags.join("")}`;
}

function tell(table: Table) {
  const columns = columnsOf(table);
  return ({ column: id, subject }: Cell, round: number, outcome: Outcome): void => {
    const column = columns.find((one) => one.id === id);
    if (column === undefined) return;
    const said =
      "figure" in outcome
        ? figureText(outcome.figure, column.unit)
        : "failed" in outcome
          ? `failed: ${outcome.failed}`
          : `slower than ${plan.limitSeconds} s`;
    console.log(`${round}/${plan.rounds}  ${id}  ${subject}  ${said}`);
  };
}

function writePage(): void {
  const results = readdirSync(RESULTS)
    .filter((file) => file.endsWith(".json"))
    .map((file) => JSON.parse(readFileSync(join(RESULTS, file), "utf8")) as Result)
    .sort((a, b) => majorOf(a) - majorOf(b));
  mkdirSync(join(DOCS, "charts"), { recursive: true });
  for (const table of TABLES) {
    // Other versions of Node get tables only.
    const result = results.find((one) => one.table === table.id);
    for (const section of result ? table.sections : []) {
      writeFileSync(join(DOCS, chartName(table, section)), chartOf(section, result!));
    }
  }
  writeFileSync(join(DOCS, "benchmarks.md"), pageOf(TABLES, results));
}

function majorOf({ node }: Result): number {
  return Number(/\d+/.exec(node)?.[0]);
}

function count(text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${text} is not a number of at least 1`);
  return value;
}
