import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { withPrograms } from "./programs.js";

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

/**
 * Makes a place, lets the task use it, and removes it.
 *
 * - **Order:** does not matter; each place is its own.
 * - **Abort:** up to the task.
 * - **Errors:** those of the task, of the build and of the file system; the folder is gone in any case.
 */
export function withPlace<R>(task: (place: Place) => Promise<R>): Promise<R> {
  const names = ["sink", "client", "many-client"];
  const entries = names.map((name) => join(import.meta.dirname, `${name}.ts`));
  return withPrograms("upload", entries, (folder) => {
    const [sink, client, many] = names.map((name) => join(folder, `${name}.mjs`));
    return task({ folder, sink: sink!, client: client!, many: many! });
  });
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
