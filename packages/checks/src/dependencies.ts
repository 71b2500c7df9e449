import { existsSync } from "node:fs";
import { join } from "node:path";

import { importsOf } from "./imports.js";
import { fencesOf } from "./markdown.js";
import type { Finding } from "./rule.js";
import { isPath, isPlatform, packageOf, type Use } from "./uses.js";
import { filesUnder, type Manifest, type Member, read } from "./workspace.js";

type Field = "dependencies" | "devDependencies" | "peerDependencies" | "optionalDependencies";

/** Where what package.json declares and what the files import part company, in either direction. */
export function undeclared(root: string, member: Member, uses: readonly Use[]): Finding[] {
  const { manifest, folder } = member;
  const shipped = new Set(names(manifest, "dependencies", "peerDependencies", "optionalDependencies"));
  const forTests = new Set([...shipped, ...names(manifest, "devDependencies"), ...ofRoot(root)]);
  const foreign = uses.filter((use) => isForeign(member, use.specifier));

  const missing = foreign
    .filter(({ zone, specifier }) => !(zone === "beside" ? forTests : shipped).has(packageOf(specifier!)))
    .map(({ file, line, zone, specifier }) => ({
      where: `${folder}/${file}:${line}`,
      what: `imports ${packageOf(specifier!)}, which package.json does not declare`,
      remedy: `add it to ${zone === "beside" ? "devDependencies" : "dependencies or peerDependencies"}`,
    }));

  const inFiles = (matching: (use: Use) => boolean) =>
    new Set(foreign.filter(matching).map(({ specifier }) => packageOf(specifier!)));
  const anywhere = new Set([...inFiles(() => true), ...inExamples(member)]);
  const inSource = existsSync(join(member.home, "src")) ? inFiles(({ zone }) => zone !== "beside") : anywhere;
  const idle = [
    ...names(manifest, "dependencies", "peerDependencies").filter((name) => !inSource.has(name)),
    ...names(manifest, "devDependencies").filter(
      (name) => !anywhere.has(name) && !shipped.has(name) && !name.startsWith("@types/"),
    ),
  ].map((name) => ({
    where: `${folder}/package.json`,
    what: `declares ${name}, which nothing imports`,
    remedy: "remove it, or move it to devDependencies if only tests use it",
  }));
  return [...missing, ...idle];
}

const names = (manifest: Manifest, ...fields: Field[]): string[] =>
  fields.flatMap((field) => Object.keys(manifest[field] ?? {}));

function ofRoot(root: string): string[] {
  const path = join(root, "package.json");
  return existsSync(path) ? names(JSON.parse(read(path)) as Manifest, "dependencies", "devDependencies") : [];
}

const isForeign = ({ manifest }: Member, specifier: string | undefined): boolean =>
  specifier !== undefined &&
  !isPath(specifier) &&
  !isPlatform(specifier) &&
  packageOf(specifier) !== manifest.name;

/** What the runnable examples of a package's own pages import. */
function inExamples(member: Member): string[] {
  return filesUnder(member.home, /\.md$/)
    .flatMap((file) => fencesOf(read(join(member.home, file))))
    .filter(({ info }) => info === "ts run")
    .flatMap(({ code }) => importsOf("example.ts", code))
    .flatMap(({ specifier }) => (isForeign(member, specifier) ? [packageOf(specifier!)] : []));
}
