import type { LawId } from "@sluice/laws";
import { judge } from "./judge.js";
import { rivalCalled } from "./rivals.js";

// Judges one rival by the laws named, and sends each verdict as soon as it is there: child.ts RIVAL SEED ID…

const [name = "", seed = "", ...ids] = process.argv.slice(2);
const rival = rivalCalled(name);
for (const id of ids as LawId[]) {
  const verdict = await judge(rival, id, Number(seed));
  await new Promise<void>((sent) => process.send?.({ id, verdict }, undefined, undefined, () => sent()));
}
process.disconnect?.();
