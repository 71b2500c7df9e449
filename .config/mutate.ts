import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Stryker } from "@stryker-mutator/core";

//  mutate PACKAGE [FILE…] [--fresh]
//
//  each mutant of packages/PACKAGE/src ──a test fails, or does not end──▶ convicted
//                                      └─otherwise──▶ survivor ──listed in survivors.json──▶ known
//                                                                └─otherwise────────────▶ exit code 1
//
// A mutant that was convicted is not tried again while its file and the test that did it are as they were, unless
// `--fresh` asks for it: needed when what changed is a file that the mutated one imports.

type MutantResult = Awaited<ReturnType<Stryker["runMutationTest"]>>[number];

/** What a report says of a mutant, as far as it is read here. */
interface Verdict {
  readonly status: string;
  readonly statusReason?: string;
}

/** A mutant that no test convicts: the line that it changes, and what it makes of it. */
interface Survivor {
  readonly file: string;
  readonly was: string;
  readonly becomes: string;
}

const root = fileURLToPath(new URL("..", import.meta.url));
process.chdir(root);

const KNOWN: readonly (Survivor & { readonly why: string })[] = JSON.parse(
  readFileSync(".config/survivors.json", "utf8"),
);
const ENOUGH = 95; // per cent of a whole package

const [name = "", ...rest] = process.argv.slice(2);
const source = `packages/${name}/src`;
if (name === "" || !existsSync(source))
  fail("mutate which package? For example: mutate semaphore [permit.ts] [--fresh]");

if (Number.parseInt(process.versions.node, 10) >= 22) await mutate();
else onNewerNode();

/** Stryker wants Node 22, and Sluice is developed on 20. */
function onNewerNode(): void {
  const node = "bench/node_modules/node24/bin/node";
  if (!existsSync(node))
    fail("needs Node 22 or newer, and brings its own for Linux on x64 only: run it with yours");
  process.exitCode = spawnSync(node, [process.argv[1]!, name, ...rest], { stdio: "inherit" }).status ?? 1;
}

async function mutate(): Promise<void> {
  const fresh = rest.includes("--fresh");
  const files = rest.filter((word) => word !== "--fresh").map((file) => `${source}/${file}`);
  for (const file of files) if (!existsSync(file)) fail(`there is no ${file}`);

  keepConvictions(`.stryker/${name}.json`);
  const { Stryker } = await import("@stryker-mutator/core");
  const mutants = await new Stryker({
    configFile: ".config/stryker.json",
    mutate: files.length > 0 ? files : [`${source}/**/*.ts`],
    vitest: { configFile: ".config/vitest.mutate.ts", dir: `packages/${name}`, related: false },
    incrementalFile: `.stryker/${name}.json`,
    force: fresh,
    ignorePatterns: ["bench", "docs", "packages/*", `!packages/${name}`, "!packages/laws"],
    reporters: ["clear-text", process.stdout.isTTY ? "progress" : "progress-append-only"],
    thresholds: { high: 100, low: ENOUGH, break: files.length > 0 ? null : ENOUGH },
  }).runMutationTest();
  // The report of the last run brings along what it says of other files.
  const judged = (file: string): boolean => files.length === 0 || files.includes(file);
  judge(mutants.filter(({ fileName }) => judged(relative(root, fileName))));
}

/**
 * Has all others tried again: Stryker does not see that a new test looks at code which runs when a module loads, and what
 * took too long on a busy machine may yet survive.
 */
function keepConvictions(report: string): void {
  if (!existsSync(report)) return;
  const { files, ...rest }: { files: Record<string, { mutants: Verdict[] }> } = JSON.parse(
    readFileSync(report, "utf8"),
  );
  for (const file of Object.values(files)) {
    file.mutants = file.mutants.filter(
      ({ status, statusReason }) => status === "Killed" && !statusReason?.includes("timed out"),
    );
  }
  writeFileSync(report, JSON.stringify({ ...rest, files }));
}

function judge(mutants: readonly MutantResult[]): void {
  const seen = mutants.map((mutant) => ({ ...changeOf(mutant), status: mutant.status }));
  const survived = seen.filter(({ status }) => status === "Survived" || status === "NoCoverage");
  for (const survivor of survived.filter((one) => !KNOWN.some((known) => same(one, known)))) {
    complain(`survived, and is not in .config/survivors.json:`, survivor);
  }
  const judged = new Set(seen.map(({ file }) => file));
  for (const known of KNOWN.filter(({ file }) => judged.has(file))) {
    // One that takes too long on a busy machine has not been convicted.
    const alive = seen.some((one) => same(one, known) && one.status !== "Killed");
    if (!alive) complain("survives no more, so it is to be taken out of .config/survivors.json:", known);
  }
}

/** The lines that a mutant changes, before and after. */
function changeOf({ fileName, location: { start, end }, replacement = "" }: MutantResult): Survivor {
  const lines = readFileSync(fileName, "utf8").split("\n");
  // The report counts from 1.
  const first = lines[start.line - 1]!;
  const after = first.slice(0, start.column - 1) + replacement + lines[end.line - 1]!.slice(end.column - 1);
  return { file: relative(root, fileName), was: first.trim(), becomes: after.trim().replace(/\s+/g, " ") };
}

function same(one: Survivor, other: Survivor): boolean {
  return one.file === other.file && one.was === other.was && one.becomes === other.becomes;
}

function complain(what: string, { file, was, becomes }: Survivor): void {
  console.error(`${what}\n${JSON.stringify({ file, was, becomes }, undefined, 2)}`);
  process.exitCode = 1;
}

function fail(why: string): never {
  console.error(why);
  process.exit(1);
}
