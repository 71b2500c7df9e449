import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "tsup";

/** A folder with the programs as plain JavaScript, and, if it was wanted, what TLS needs. */
export interface Place {
  readonly folder: string;
  readonly sink: string;
  readonly client: string;
  readonly many: string;
}

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

// Beside the packages that the bench depends on, or the programs would not find the SDK.
const DIST = join(import.meta.dirname, "../dist");

/**
 * Makes a place, lets the task use it, and removes it.
 *
 * - **Order:** does not matter; each place is its own.
 * - **Abort:** up to the task.
 * - **Errors:** those of the task, of the build and of the file system; the folder is gone in any case.
 */
export async function withPlace<R>(task: (place: Place) => Promise<R>): Promise<R> {
  await mkdir(DIST, { recursive: true });
  const folder = await mkdtemp(join(DIST, "upload-"));
  try {
    await build({
      config: false,
      entry: ["sink.ts", "client.ts", "many-client.ts"].map((file) => join(import.meta.dirname, file)),
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
    const [sink, client, many] = ["sink", "client", "many-client"].map((name) => join(folder, `${name}.mjs`));
    return await task({ folder, sink: sink!, client: client!, many: many! });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Signs a certificate for 127.0.0.1, good for a day.
 *
 * - **Order:** does not matter.
 * - **Abort:** does not stop it.
 * - **Errors:** those of `openssl`.
 */
export async function certify({ folder }: Place): Promise<Certificate> {
  const key = join(folder, "key.pem");
  const cert = join(folder, "cert.pem");
  const made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key];
  const named = [
    "-subj",
    "/CN=127.0.0.1",
    "-addext",
    "subjectAltName=IP:127.0.0.1",
    "-days",
    "1",
    "-out",
    cert,
  ];
  await promisify(execFile)("openssl", ["req", "-x509", ...made, ...named]);
  return { key, cert };
}
