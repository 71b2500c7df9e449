import { fork } from "node:child_process";
import { join } from "node:path";
import type { LawId } from "@sluice/laws";
import type { Verdict } from "./judge.js";
import type { Rival } from "./rival.js";

/** Seconds that one law may take; a lawful rival needs one or two. */
const LIMIT = 60;

export type Verdicts = ReadonlyMap<LawId, Verdict>;

/**
 * Judges a rival in a process of its own, so that one that never gives control back stops only itself.
 *
 * - **Order:** one law after the other; behind one that hangs, the next begins in a new process.
 * - **Abort:** cannot be stopped; it ends after a minute for each law.
 * - **Errors:** rejects if the process fails, which is a fault of the adapter.
 */
export async function tryRival(rival: Rival, ids: readonly LawId[], seed: number): Promise<Verdicts> {
  const verdicts = new Map<LawId, Verdict>();
  for (let left = ids; left.length > 0; left = ids.filter((id) => !verdicts.has(id))) {
    const ended = await session(rival, left, seed, verdicts);
    if (ended === "hung") {
      const stuck = left.find((id) => !verdicts.has(id));
      if (stuck) verdicts.set(stuck, { is: "hung", seconds: LIMIT });
    }
  }
  return verdicts;
}

function session(
  { name }: Rival,
  ids: readonly LawId[],
  seed: number,
  verdicts: Map<LawId, Verdict>,
): Promise<"over" | "hung"> {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, "child.ts"), [name, String(seed), ...ids]);
    let hung = false;
    const stop = () => {
      hung = true;
      child.kill("SIGKILL");
    };
    let timer = setTimeout(stop, LIMIT * 1_000);
    child.on("message", ({ id, verdict }: { id: LawId; verdict: Verdict }) => {
      clearTimeout(timer);
      timer = setTimeout(stop, LIMIT * 1_000);
      verdicts.set(id, verdict);
    });
    child.on("error", reject);
    child.on("exit", (code) => {
      clearTimeout(timer);
      if (hung) resolve("hung");
      else if (code === 0) resolve("over");
      else reject(new Error(`the trial of ${name} ended with code ${code}`));
    });
  });
}
