import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { members } from "../workspace.js";

const HOME = "packages/checks/.fences";

/** A folder for one run inside the repo, so that what examples import is found as it is in their packages. */
export function openScratch(root: string): string {
  mkdirSync(join(root, HOME), { recursive: true });
  const scratch = mkdtempSync(join(root, HOME, "run-"));
  writeFileSync(join(scratch, "package.json"), '{ "type": "module" }\n');
  return scratch;
}

export function closeScratch(root: string, scratch: string): void {
  rmSync(scratch, { recursive: true, force: true });
  if (readdirSync(join(root, HOME)).length === 0) rmSync(join(root, HOME), { recursive: true });
}

/** A folder for the examples of one page: it sees every package of the repo, and what its own package depends on. */
export function openDesk(root: string, scratch: string, name: string, page: string): string {
  const desk = join(scratch, name);
  const modules = join(desk, "node_modules");
  mkdirSync(join(modules, "@sluice"), { recursive: true });
  const all = members(root);
  for (const member of all.filter(({ manifest }) => manifest.exports)) {
    symlinkSync(member.home, join(modules, "@sluice", member.name), "junction");
  }
  const owner = all.find(({ folder }) => page.startsWith(`${folder}/`));
  const installed = join(owner?.home ?? root, "node_modules");
  for (const item of existsSync(installed) ? readdirSync(installed) : []) {
    if (item.startsWith(".") || item === "@sluice") continue;
    symlinkSync(join(installed, item), join(modules, item), "junction");
  }
  return desk;
}
