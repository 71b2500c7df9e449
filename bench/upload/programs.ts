import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { build } from "tsup";

// Beside the packages that the bench depends on, or the programs would not find the SDK.
const DIST = join(import.meta.dirname, "../dist");

/**
 * Bundles programs from their sources as plain JavaScript, lets the task use them, and removes them.
 *
 * - **Order:** does not matter; each call has a folder of its own.
 * - **Abort:** up to the task.
 * - **Errors:** those of the task, of the build and of the file system; the folder is gone in any case.
 */
export async function withPrograms<R>(
  name: string,
  entries: string[] | Record<string, string>,
  task: (folder: string) => Promise<R>,
): Promise<R> {
  await mkdir(DIST, { recursive: true });
  const folder = await mkdtemp(join(DIST, `${name}-`));
  try {
    await build({
      config: false,
      entry: entries,
      outDir: folder,
      format: "esm",
      target: "es2022",
      silent: true,
      tsconfig: join(import.meta.dirname, "../../tsconfig.base.json"),
      outExtension: () => ({ js: ".mjs" }),
      noExternal: [/^@sluice\//],
      external: [/^@aws-sdk\//],
      esbuildOptions(options) {
        options.conditions = ["@sluice/source"];
      },
    });
    return await task(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
