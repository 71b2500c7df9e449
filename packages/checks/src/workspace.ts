import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";

export interface ExportTarget {
  readonly "@sluice/source"?: string;
  readonly import?: { readonly types?: string; readonly default?: string };
}

export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports?: Readonly<Record<string, ExportTarget | string>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** A package of the workspace. */
export interface Member {
  /** Its name without the scope, such as `"semaphore"`. */
  readonly name: string;
  /** From the root, such as `"packages/semaphore"`. */
  readonly folder: string;
  readonly home: string;
  readonly manifest: Manifest;
}

/** A public entry: what stands behind one key of `exports`. */
export interface Entry {
  /** `""` for the main entry, `"node"` for `./node`. */
  readonly name: string;
  readonly source: string;
  readonly script: string;
  readonly declarations: string;
}

export const SCOPE = "@sluice/";

const GENERATED = new Set(["node_modules", "dist", "coverage"]);

export const read = (path: string): string => readFileSync(path, "utf8");

const slashed = (path: string) => path.split(sep).join("/");

/** The packages of the tree: `packages/*`, `bench` and `docs`, by name. */
export function members(root: string): Member[] {
  const packages = join(root, "packages");
  const folders = [...readdirSync(packages).map((name) => `packages/${name}`), "bench", "docs"];
  const found = folders
    .filter((folder) => existsSync(join(root, folder, "package.json")))
    .map((folder): Member => {
      const home = join(root, folder);
      const manifest = JSON.parse(read(join(home, "package.json"))) as Manifest;
      return { name: manifest.name.replace(SCOPE, ""), folder, home, manifest };
    });
  if (found.length === 0) throw new Error(`no package below ${packages}`);
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Whether a member is published as a library: the command line tool is, but not for importing. */
export const isLibrary = ({ manifest }: Member): boolean => !manifest.private && !manifest.bin;

export function entriesOf({ manifest }: Member): Entry[] {
  return Object.entries(manifest.exports ?? {}).flatMap(([key, target]) => {
    if (typeof target === "string" || !target["@sluice/source"]) return [];
    return [
      {
        name: key.replace(/^\.\/?/, ""),
        source: target["@sluice/source"],
        script: target.import?.default ?? "",
        declarations: target.import?.types ?? "",
      },
    ];
  });
}

/** All files below a folder whose names match, as sorted paths from it; nothing that is generated or hidden. */
export function filesUnder(home: string, matching: RegExp): string[] {
  if (!existsSync(home)) return [];
  return readdirSync(home, { withFileTypes: true })
    .flatMap((item) => {
      if (item.name.startsWith(".") || GENERATED.has(item.name)) return [];
      const path = join(home, item.name);
      if (item.isDirectory()) return filesUnder(path, matching).map((inner) => `${item.name}/${inner}`);
      return item.isFile() && matching.test(item.name) ? [item.name] : [];
    })
    .map(slashed)
    .sort();
}

export function foldersUnder(home: string): string[] {
  if (!existsSync(home)) return [];
  return readdirSync(home, { withFileTypes: true }).flatMap((item) => {
    if (!item.isDirectory() || item.name.startsWith(".") || GENERATED.has(item.name)) return [];
    return [item.name, ...foldersUnder(join(home, item.name)).map((inner) => `${item.name}/${inner}`)];
  });
}

export const fromRoot = (root: string, path: string): string => slashed(relative(root, path));
