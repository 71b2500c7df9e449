import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import type { Finding, Rule } from "../src/rule.js";

/** A made-up tree of files, which goes when the test has finished. */
export function tree(files: Readonly<Record<string, string>>): string {
  const root = plant(files);
  onTestFinished(() => fell(root));
  return root;
}

/** A made-up tree that stays until it is felled. */
export function plant(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), "sluice-checks-"));
  add(root, files);
  return root;
}

export const fell = (root: string): void => rmSync(root, { recursive: true, force: true });

export function add(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

/** The package.json of a package with these entries, such as `"."` or `"./node"`. */
export function manifest(name: string, entries: readonly string[] = ["."], more: object = {}): string {
  const exports = Object.fromEntries(
    entries.map((entry) => {
      const file = entry === "." ? "index" : entry.slice(2);
      const built = { types: `./dist/${file}.d.ts`, default: `./dist/${file}.js` };
      return [entry, { "@sluice/source": `./src/${file}.ts`, import: built }];
    }),
  );
  return JSON.stringify({ name: `@sluice/${name}`, type: "module", exports, ...more });
}

export const on = (...names: string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, "*"]));

/** What a rule finds in a tree, a line each. */
export async function found(rule: Rule, root: string, write = false): Promise<string[]> {
  const { findings } = await rule.run(root, { write });
  return said(findings);
}

export const said = (findings: readonly Finding[]): string[] =>
  findings.map(({ where, what }) => `${where} ${what}`);
