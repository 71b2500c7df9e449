import { columnsOf } from "../table.js";
import { tableCalled } from "../tables.js";
import type { Answer } from "./answer.js";

// Measures one cell, and prints one line of JSON: child TABLE COLUMN SUBJECT

const [table = "", columnId = "", subject = ""] = process.argv.slice(2);
const column = columnsOf(tableCalled(table)).find(({ id }) => id === columnId);
if (column === undefined) throw new Error(`the table ${table} has no column ${columnId}`);

const warnings: string[] = [];
process.on("warning", ({ name }) => {
  if (name === "MaxListenersExceededWarning") warnings.push(name);
});
const figure = await column.figure(subject);
if (warnings.length > 0) console.error(`${columnId}, ${subject}: ${warnings.length} × ${warnings[0]}`);
const answer: Answer = { figure };
// Exits although waiters and timers are left: nothing here ends on its own.
process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit());
