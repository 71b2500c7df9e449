import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** A Node to measure with. */
export interface Runtime {
  readonly major: number;
  readonly version: string;
  readonly path: string;
  /** What it needs to have all that is measured. */
  readonly flags: readonly string[];
}

const ITER = "--experimental-stream-iter";

/** This Node, or one of those that are installed beside it: node24 and node26 of package.json. */
export function runtimeOf(major: number): Runtime {
  const here = Number(process.versions.node.split(".")[0]);
  const path =
    major === here ? process.execPath : join(import.meta.dirname, `../../node_modules/node${major}/bin/node`);
  if (!existsSync(path)) {
    throw new Error(`no Node ${major}: this is ${here}, and the package node${major} is not installed`);
  }
  const version = spawnSync(path, ["--version"], { encoding: "utf8" }).stdout.trim();
  const knowsIter = spawnSync(path, [ITER, "--version"]).status === 0;
  return { major, version, path, flags: knowsIter ? ["--no-warnings", ITER] : ["--no-warnings"] };
}

export const thisMajor = (): number => Number(process.versions.node.split(".")[0]);
