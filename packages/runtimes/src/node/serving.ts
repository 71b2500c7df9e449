import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { ServingRuntime } from "../verdict.js";
import { askedAt } from "./asked.js";
import { bundle } from "./bundle.js";
import { findProgram, type Program } from "./program.js";

/** A program that serves a module over HTTP, on a port of its own. */
interface ServingProgram extends Program {
  readonly called: string;
  /** What stands before the name of the file. */
  readonly args: readonly string[];
  /** Serves `worker.fetch` on the loopback address, and calls `on` with the port and the version. */
  readonly serve: string;
}

const BUN: ServingProgram = {
  name: "bun",
  called: "Bun",
  package: ["@oven/bun-linux-x64", "bin/bun"],
  install: "on 64-bit Linux it comes with the packages",
  args: ["run"],
  // Some trials take longer than the ten seconds after which it would give them up.
  serve: `on(Bun.serve({ port: 0, hostname: "127.0.0.1", idleTimeout: 0, fetch: worker.fetch }).port, Bun.version);`,
};

const DENO: ServingProgram = {
  name: "deno",
  called: "Deno",
  package: ["@deno/linux-x64-glibc", "deno"],
  install: "on 64-bit Linux it comes with the packages",
  // It may use the loopback address, and nothing else of the machine.
  args: ["run", "--no-prompt", "--no-config", "--allow-net=127.0.0.1"],
  serve: `Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: ({ port }) => on(port, Deno.version.deno) }, worker.fetch);`,
};

export const openBun = (): Promise<ServingRuntime> => open(BUN);

export const openDeno = (): Promise<ServingRuntime> => open(DENO);

async function open(program: ServingProgram): Promise<ServingRuntime> {
  const [path, code] = await Promise.all([findProgram(program), bundle()]);
  const folder = await mkdtemp(join(tmpdir(), `sluice-${program.name}-`));
  const forget = () => rm(folder, { recursive: true, force: true });
  try {
    await writeFile(join(folder, "inside.mjs"), code);
    await writeFile(join(folder, "serve.mjs"), around(program.serve));
    // Nothing of this machine's: a proxy, say, would stand between it and the loopback address.
    const env = { HOME: folder, DENO_DIR: folder, DENO_NO_UPDATE_CHECK: "1", DO_NOT_TRACK: "1" };
    const child = spawn(path, [...program.args, join(folder, "serve.mjs")], { env });
    const { port, version } = await listening(program.called, child);
    return {
      name: `${program.called} ${version}`,
      ...askedAt(`http://127.0.0.1:${port}`),
      async close() {
        const closed = new Promise((resolve) => child.once("close", resolve));
        if (child.exitCode === null && child.signalCode === null && child.kill("SIGKILL")) await closed;
        await forget();
      },
    };
  } catch (cause) {
    await forget();
    throw cause;
  }
}

// It ends with its standard input, so that it does not outlive whoever has started it.
const around = (serve: string) => `import worker from "./inside.mjs";
const on = (port, version) => console.log(JSON.stringify({ port, version }));
${serve}
process.stdin.resume().on("end", () => process.exit());
`;

function listening(called: string, child: ChildProcess): Promise<{ port: number; version: string }> {
  let said = "";
  child.stderr?.on("data", (chunk) => {
    said = `${said}${chunk}`.slice(-4096);
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => reject(new Error(`${called} ended with ${code}: ${said}`)));
    createInterface({ input: child.stdout! }).on("line", (line) => {
      if (line.startsWith("{")) resolve(JSON.parse(line));
    });
  });
}
