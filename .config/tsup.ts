import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, type Options } from "tsup";

// One build for every package: the entries are what its package.json exports, so they cannot drift apart.
const packages = join(import.meta.dirname, "..", "packages");

interface Manifest {
  exports?: Record<string, { "@sluice/source"?: string } | string>;
  bin?: Record<string, string>;
  private?: boolean;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

// tsup looks for dependencies beside the config file only, so it would bundle what a package depends on.
function external({ dependencies, peerDependencies }: Manifest): RegExp[] {
  const names = Object.keys({ ...dependencies, ...peerDependencies });
  return [/^@sluice\//, ...names.map((name) => new RegExp(`^${name}(/|$)`))];
}

function entries(manifest: Manifest): string[] {
  const sources = Object.values(manifest.exports ?? {}).flatMap((entry) =>
    typeof entry === "object" && entry["@sluice/source"] ? [entry["@sluice/source"]] : [],
  );
  const bins = Object.values(manifest.bin ?? {}).map((file) =>
    file.replace("./dist/", "./src/").replace(/\.js$/, ".ts"),
  );
  return [...sources, ...bins];
}

function build(name: string): Options[] {
  const home = join(packages, name);
  const manifest = JSON.parse(readFileSync(join(home, "package.json"), "utf8")) as Manifest;
  const sources = entries(manifest).map((file) => join(home, file));
  if (manifest.private || sources.length === 0 || !sources.every(existsSync)) return [];
  return [
    {
      name,
      entry: sources,
      outDir: join(home, "dist"),
      format: manifest.bin ? ["esm"] : ["esm", "cjs"],
      dts: !manifest.bin,
      sourcemap: true,
      clean: true,
      treeshake: true,
      target: "es2022",
      external: external(manifest),
    },
  ];
}

export default defineConfig(
  readdirSync(packages)
    .filter((n) => existsSync(join(packages, n, "package.json")))
    .flatMap(build),
);
