import { join } from "node:path";
import { build } from "esbuild";

/** The trials with everything that they need, as one module: the sources, the laws and fast-check. */
export async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "../inside.ts")],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    // Not `node`: what needs it must not be there.
    platform: "browser",
    conditions: ["@sluice/source"],
    legalComments: "none",
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error("esbuild has made nothing");
  return file.text;
}
