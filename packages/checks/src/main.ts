import { join } from "node:path";
import { api } from "./api.js";
import { arrows } from "./arrows.js";
import { docs } from "./docs.js";
import { ledger } from "./ledger.js";
import type { Report, Rule } from "./rule.js";
import { shape } from "./shape.js";
import { sizes } from "./sizes.js";

// pnpm rules [--write] [name…]: judges this repo by its own rules, or by those named.

// What writes comes first: the examples and links of a page are judged as it will be committed.
const RULES: readonly Rule[] = [arrows, ledger, sizes, api, shape, docs];

const root = join(import.meta.dirname, "..", "..", "..");
const args = process.argv.slice(2);
const write = args.includes("--write");
const names = args.filter((arg) => arg !== "--write");
const unknown = names.find((name) => !RULES.some((rule) => rule.name === name));
if (unknown !== undefined) {
  console.error(`no rule is called ${unknown}; there are ${RULES.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}

const chosen = RULES.filter(({ name }) => names.length === 0 || names.includes(name));
let failed = 0;
for (const rule of chosen) {
  const { seen, findings } = await judge(rule);
  if (findings.length > 0) failed++;
  console.log(`${findings.length === 0 ? "ok  " : "FAIL"} ${rule.name} ${seen}`);
  for (const { where, what, remedy } of findings) console.log(`     ${where} ${what}; ${remedy}`);
}
console.log(`${chosen.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function judge(rule: Rule): Promise<Report> {
  try {
    return await rule.run(root, { write });
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    const remedy = "repair what stops the rule: unjudged is not right";
    return { seen: "nothing", findings: [{ where: `rule ${rule.name}`, what, remedy }] };
  }
}
