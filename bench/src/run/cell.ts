import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Answer, Outcome } from "./answer.js";
import { CLOCK, type Clock } from "./now.js";
import type { Runtime } from "./runtime.js";

const CHILD = join(import.meta.dirname, "../../dist/child.js");

export interface Cell {
  readonly table: string;
  readonly column: string;
  readonly subject: string;
}

/**
 * Measures one cell in a process of its own.
 *
 * - **Order:** the figure, when the process has ended.
 * - **Abort:** the process is killed after so many seconds, and the outcome is that it is too slow.
 * - **Errors:** a process that fails is an outcome, with its last words.
 */
export function measure(
  { path, flags }: Runtime,
  cell: Cell,
  { clock, limitSeconds }: { readonly clock: Clock; readonly limitSeconds: number },
): Promise<Outcome> {
  return new Promise((resolve) => {
    const { table, column, subject } = cell;
    const child = spawn(path, [...flags, "--expose-gc", CHILD, table, column, subject], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, [CLOCK]: clock },
    });
    let said = "";
    let complained = "";
    let tooSlow = false;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      complained = (complained + text).slice(-2_000);
    });
    const timer = setTimeout(() => {
      tooSlow = true;
      child.kill("SIGKILL");
    }, limitSeconds * 1_000);
    child.on("error", ({ message }) => resolve({ failed: message }));
    child.on("close", (code) => {
      clearTimeout(timer);
      if (tooSlow) return resolve({ tooSlow: true });
      if (code !== 0) return resolve({ failed: lastWords(complained) });
      resolve(JSON.parse(said) as Answer);
    });
  });
}

function lastWords(complained: string): string {
  const lines = complained.split("\n").map((line) => line.trim());
  return (
    lines.find((line) => /^(\w*Error|FATAL)/.test(line)) ?? lines.find((line) => line !== "") ?? "no words"
  );
}
