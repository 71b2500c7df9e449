import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { type Import, importsOf } from "./imports.js";
import { MAP } from "./map.js";
import { filesUnder, type Member, read } from "./workspace.js";

/** An import, and where it stands. */
export interface Use extends Import {
  readonly from: Member;
  /** From the package's folder, such as `"src/index.ts"`. */
  readonly file: string;
  readonly zone: Zone;
}

/** `neutral` and `node` are shipped; what lies `beside` is tests and tools. */
export type Zone = "neutral" | "node" | "beside";

export const scriptsOf = (member: Member): string[] => filesUnder(member.home, /\.[mc]?[jt]sx?$/);

export function usesOf(from: Member, file: string): Use[] {
  const zone = zoneOf(from, file);
  return importsOf(file, read(`${from.home}/${file}`)).map((found) => ({ ...found, from, file, zone }));
}

function zoneOf({ name }: Member, file: string): Zone {
  if (!file.startsWith("src/")) return "beside";
  return MAP[name]?.node || isNodeSource(file) ? "node" : "neutral";
}

export const isNodeSource = (file: string): boolean => /^src\/node(\.ts$|\/)/.test(file);

/** Whether a specifier names a module of the runtime, such as `node:fs`. */
export const isPlatform = (specifier: string): boolean => isBuiltin(specifier) || /^[a-z]+:/.test(specifier);

export const isPath = (specifier: string): boolean => /^[./]/.test(specifier);

/** The package that a specifier names: `a/b` is in `a`, `@a/b/c` in `@a/b`. */
export const packageOf = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");

/** The source file that a relative specifier means, from the package's folder. */
export const targetOf = (file: string, specifier: string): string =>
  posix.join(posix.dirname(file), specifier).replace(/\.js$/, ".ts");
