import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CASES, RIGHT } from "./cases.js";

// pnpm incumbent: shows ten faults of @aws-sdk/lib-storage, and that its drop-in has none of them.

const SECONDS = 120;
const child = fileURLToPath(import.meta.resolve("./child.ts"));
const run = promisify(execFile);

async function verdictOf(index: number, whose: "lib-storage" | "sluice"): Promise<string> {
  const args = [...process.execArgv, child, String(index), whose];
  const env = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" };
  try {
    const { stdout } = await run(process.execPath, args, {
      env,
      timeout: SECONDS * 1000,
      killSignal: "SIGKILL",
    });
    return stdout || "ended without a word";
  } catch (error) {
    const { killed } = error as { killed?: boolean };
    return killed ? `not over after ${SECONDS} seconds` : `ended by itself: ${(error as Error).message}`;
  }
}

let unexpected = 0;
for (const [index, { name }] of CASES.entries()) {
  const [theirs, ours] = await Promise.all([verdictOf(index, "lib-storage"), verdictOf(index, "sluice")]);
  if (theirs === RIGHT || ours !== RIGHT) unexpected++;
  console.log(`${name}\n  lib-storage  ${theirs}\n  sluice       ${ours}`);
}
console.log(`${CASES.length - unexpected} of ${CASES.length} faults are lib-storage's alone`);
process.exitCode = unexpected === 0 ? 0 : 1;
