import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chartOf } from "./chart.js";
import { pageOf } from "./page.js";
import { adaptive, fixed, type Run, simulate } from "./simulation.js";

// pnpm adaptive   simulates fixed and adaptive limits in virtual time, and writes the page and its chart

const DOCS = join(import.meta.dirname, "../../../docs");

const runs: Run[] = [];
for (const limit of [2, 5, 8, 16]) runs.push(await simulate(`fixed, ${limit} each`, fixed(limit)));
for (const backoff of [0.5, 0.9])
  runs.push(await simulate(`adaptive, backoff ${backoff}`, adaptive(backoff)));
const ours = await simulate("**adaptive**", adaptive());
runs.push(ours);

mkdirSync(join(DOCS, "charts"), { recursive: true });
writeFileSync(join(DOCS, "charts/adaptive.svg"), chartOf(ours));
writeFileSync(join(DOCS, "adaptive.md"), pageOf(runs, ours));
for (const { name, phases } of runs) {
  console.log(name, phases.map(({ served, refused }) => `${served} served, ${refused} refused`).join("; "));
}
