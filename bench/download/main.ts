import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { load } from "../src/run/machine.js";
import { withPrograms } from "../upload/programs.js";
import { factsOf } from "../upload/result.js";
import { judge } from "./goals.js";
import { downloadPage } from "./page.js";
import { quick, whole } from "./plan.js";
import { readResult, writeResult } from "./result.js";
import { play } from "./rounds.js";

// pnpm downloads [--rounds N]   all subjects, N rounds; writes the results and the page
// pnpm downloads --quick        one round of smaller downloads; writes nothing
// pnpm downloads --page         writes the page from the results that are there
//
// Exits with 0; with 2 if it could not be done; 130 when interrupted. Goals that are missed are on the page, and change no
// exit code.

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    page: { type: "boolean", default: false },
    rounds: { type: "string" },
  },
});

const PAGE = join(import.meta.dirname, "../../docs/download.md");
const PROGRAMS = ["server.ts", "client.ts"].map((file) => join(import.meta.dirname, file));

const stopped = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stopped.abort());

try {
  if (!values.page) await run();
  const result = readResult();
  if (!values.quick && result !== undefined) writeFileSync(PAGE, downloadPage(result));
} catch (error) {
  process.exitCode = stopped.signal.aborted ? 130 : 2;
  console.error(stopped.signal.aborted ? "stopped" : String(error));
}

async function run(): Promise<void> {
  const before = load();
  const plan = values.quick ? quick(count(values.rounds ?? "1")) : whole(count(values.rounds ?? "3"));
  const measured = await withPrograms("download", PROGRAMS, (folder) =>
    play(folder, plan, tell, stopped.signal),
  );
  const command = `pnpm downloads --rounds ${plan.rounds}${values.quick ? " --quick" : ""}`;
  const result = { ...factsOf(command, before), versions: versions(), plan, ...measured };
  for (const { subject, says, is, met } of judge(result)) {
    tell(`${subject}: ${says}: ${is}, ${met === undefined ? "?" : met ? "met" : "missed"}`);
  }
  if (!values.quick) writeResult(result);
}

function versions(): Record<string, string> {
  const name = "@aws-sdk/client-s3";
  const manifest = join(import.meta.dirname, "../node_modules", name, "package.json");
  return { [name]: (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version };
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`${text} is not a number of at least 1`);
  return value;
}

function tell(line: string): void {
  console.error(line);
}
