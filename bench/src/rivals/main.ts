import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { LawId } from "@sluice/laws";
import { confirm } from "./confirmations.js";
import { tryRival, type Verdicts } from "./court.js";
import { lawsOf } from "./judge.js";
import { type Outcome, pageOf } from "./page.js";
import type { Rival } from "./rival.js";
import { RIVALS, rivalCalled } from "./rivals.js";

// pnpm rivals                                     judges all rivals, and writes docs/rivals.md
// pnpm rivals --rival NAME [--law ID] [--seed N]  judges one, and prints what comes out

const { values } = parseArgs({
  options: {
    rival: { type: "string" },
    law: { type: "string" },
    seed: { type: "string", default: "1" },
  },
});
const seed = Number(values.seed);

if (values.rival === undefined) await writePage();
else print(await tryRival(...oneOf(rivalCalled(values.rival)), seed));

function oneOf(rival: Rival): [Rival, LawId[]] {
  const ids = lawsOf(rival.kind).map(({ id }) => id);
  if (values.law !== undefined && !ids.some((id) => id === values.law)) {
    throw new Error(`no law ${values.law} for a ${rival.kind}; there are ${ids.join(", ")}`);
  }
  return [rival, ids.filter((id) => values.law === undefined || id === values.law)];
}

function print(verdicts: Verdicts): void {
  for (const [id, verdict] of verdicts) {
    if (verdict.is === "kept") console.log(`${id} kept in ${verdict.schedules} schedules`);
    else if (verdict.is === "waived") console.log(`${id} waived: ${verdict.reason}`);
    else if (verdict.is === "hung") console.log(`${id} hung: no verdict within ${verdict.seconds} seconds`);
    else console.log([`${id} broken: ${verdict.what}`, ...verdict.story].join("\n  "));
  }
}

async function writePage(): Promise<void> {
  const outcomes: Outcome[] = [];
  for (const rival of RIVALS) {
    const verdicts = await tryRival(...oneOf(rival), seed);
    const broken = [...verdicts].filter(([, verdict]) => verdict.is === "broken");
    const confirmations = await Promise.all(broken.map(([id]) => confirm(rival.name, id)));
    outcomes.push({ rival, version: versionOf(rival), verdicts, confirmations });
    console.log(`${rival.name}: ${broken.length} broken of ${verdicts.size}`);
  }
  writeFileSync(join(import.meta.dirname, "../../../docs/rivals.md"), pageOf(outcomes));
}

function versionOf({ name }: Rival): string {
  const manifest = join(import.meta.dirname, "../../node_modules", name, "package.json");
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  return version;
}
