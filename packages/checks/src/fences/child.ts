import { fileURLToPath, pathToFileURL } from "node:url";
import { inspect } from "node:util";
import type { Verdict } from "./run.js";

// Runs the examples that it is given as arguments, one after the other, and tells its parent how each ended.

let current = "";

const tell = (verdict: Verdict) => new Promise((told) => process.send!(verdict, undefined, undefined, told));

async function convict(error: unknown): Promise<never> {
  const what = error instanceof Error ? error.message : `threw ${inspect(error)}`;
  await tell({ file: current, what, line: lineOf(error) });
  process.exit(1);
}

function lineOf(error: unknown): number | undefined {
  const { line, stack } = Object(error) as { line?: unknown; stack?: unknown };
  if (typeof line === "number") return line;
  const frame = String(stack)
    .split("\n")
    .find((text) => text.includes(current) || text.includes(pathToFileURL(current).href));
  const [, found] = /:(\d+):\d+\)?$/.exec(frame ?? "") ?? [];
  return found === undefined ? undefined : Number(found);
}

process.on("uncaughtException", convict);
process.on("unhandledRejection", convict);

for (const file of process.argv.slice(2)) {
  current = fileURLToPath(pathToFileURL(file));
  try {
    await import(pathToFileURL(file).href);
    // A rejection that nobody handles is reported a turn later, and is the fault of the example that just ran.
    await new Promise(setImmediate);
  } catch (error) {
    await convict(error);
  }
  await tell({ file: current });
}
process.exit(0);
