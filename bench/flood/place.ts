import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "tsup";
import { seal } from "./frames.js";

/** A folder with what a flood needs: the two programs as plain JavaScript, and a sealed file. */
export interface Place {
  readonly folder: string;
  readonly server: string;
  readonly clients: string;
  readonly sealed: string;
  /** SHA-256 of what is in the sealed file. */
  readonly hash: string;
}

/**
 * Makes a place, lets the task use it, and removes it.
 *
 * - **Order:** does not matter; each place is its own.
 * - **Abort:** up to the task.
 * - **Errors:** those of the task, of the build and of the file system; the folder is gone in any case.
 */
export async function withPlace<R>(frames: number, task: (place: Place) => Promise<R>): Promise<R> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-flood-"));
  try {
    // In the group is nothing but the program: no compiler, and no loader.
    await build({
      config: false,
      entry: ["server.ts", "clients.ts"].map((file) => join(import.meta.dirname, file)),
      outDir: folder,
      format: "esm",
      target: "es2022",
      silent: true,
      tsconfig: join(import.meta.dirname, "../../tsconfig.base.json"),
      outExtension: () => ({ js: ".mjs" }),
      noExternal: [/^@sluice\//],
      esbuildOptions(options) {
        options.conditions = ["@sluice/source"];
      },
    });
    const sealed = join(folder, "sealed");
    const hash = await seal(sealed, frames);
    const [server, clients] = [join(folder, "server.mjs"), join(folder, "clients.mjs")];
    return await task({ folder, server, clients, sealed, hash });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
