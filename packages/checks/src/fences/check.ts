import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Fence, fencesOf } from "../markdown.js";
import type { Finding } from "../rule.js";
import { read } from "../workspace.js";
import { run } from "./run.js";
import { closeScratch, openDesk, openScratch } from "./scratch.js";
import { transform } from "./transform.js";
import { typeCheck } from "./type-check.js";

/** Milliseconds that one example may take; generous, because machines are shared. */
const LIMIT = 30_000;
const AT_ONCE = 2;

const EXPECTATIONS = join(import.meta.dirname, "expect.ts");

interface Page {
  readonly path: string;
  readonly desk: string;
  readonly files: string[];
}

/** Runs every example of these pages that is marked `ts run`. */
export async function checkExamples(
  root: string,
  paths: readonly string[],
  limit = LIMIT,
): Promise<{ ran: number; findings: Finding[] }> {
  const findings: Finding[] = [];
  const scratch = openScratch(root);
  const complain = (path: string, line: number, what: string) =>
    findings.push({
      where: `${path}:${line}`,
      what: what.replaceAll(`${scratch}/`, ""),
      remedy: "correct the example, or what it shows",
    });
  try {
    const pages = paths.flatMap((path, i): Page[] => {
      const examples = runnable(path, fencesOf(read(join(root, path))), complain);
      if (examples.length === 0) return [];
      const desk = openDesk(root, scratch, `page-${i}`, path);
      const files = examples.map(({ code, line }) => {
        const file = join(desk, `example-${line}.ts`);
        const program = transform(code, line, EXPECTATIONS);
        for (const problem of program.problems) complain(path, problem.line, problem.what);
        writeFileSync(file, program.code);
        return file;
      });
      mkdirSync(join(desk, "cwd"));
      return [{ path, desk, files }];
    });

    const pageOf = new Map(pages.flatMap(({ path, files }) => files.map((file) => [file, path])));
    const all = [...pageOf.keys()];
    for (const { file, line, what } of all.length > 0 ? typeCheck(root, all) : []) {
      complain(pageOf.get(file)!, line, what);
    }
    await eachOf(pages, AT_ONCE, async ({ path, desk, files }) => {
      for (const { file, what, line } of await run(files, join(desk, "cwd"), limit)) {
        if (what !== undefined) complain(path, line ?? Number(/(\d+)\.ts$/.exec(file)?.[1]), what);
      }
    });
    return { ran: all.length, findings };
  } finally {
    closeScratch(root, scratch);
  }
}

function runnable(
  path: string,
  fences: readonly Fence[],
  complain: (path: string, line: number, what: string) => void,
): Fence[] {
  for (const { info, line, closed } of fences) {
    if (!closed) complain(path, line - 1, "the fence is never closed");
    if (/\brun\b/.test(info) && info !== "ts run")
      complain(path, line - 1, `nobody runs a fence marked ${info}`);
  }
  return fences.filter(({ info, closed }) => info === "ts run" && closed);
}

async function eachOf<T>(
  items: readonly T[],
  width: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const item of queue) await task(item);
    }),
  );
}
