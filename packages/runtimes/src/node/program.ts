import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";

/** A program that a runtime is. */
export interface Program {
  /** As it is called on the path, such as `chromium`. */
  readonly name: string;
  /** The npm package that has it, and where in there. */
  readonly package?: readonly [name: string, file: string] | undefined;
  /** How to get one. */
  readonly install: string;
}

/**
 * The program that the variable `SLUICE_…` names, or that of its package, or else the one on the path.
 *
 * - **Order:** looks through the path from its beginning.
 * - **Abort:** cannot be stopped.
 * - **Errors:** rejects if there is none, and says how to get one.
 */
export async function findProgram({ name, package: from, install }: Program): Promise<string> {
  const variable = `SLUICE_${name.toUpperCase()}`;
  const { [variable]: named, PATH = "" } = process.env;
  const onPath = PATH.split(delimiter).map((folder) => join(folder, name));
  const candidates = named ? [named] : [...(from ? packaged(...from) : []), ...onPath];
  for (const candidate of candidates) {
    const runs = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return candidate;
  }
  throw new Error(
    `${named ? `${variable} is ${named}, which is no program` : `there is no ${name} on the PATH`}: ` +
      `install it (${install}), or name one with ${variable}`,
  );
}

// An optional dependency, since it is there for one kind of machine only.
function packaged(name: string, file: string): string[] {
  try {
    return [join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), file)];
  } catch {
    return [];
  }
}
