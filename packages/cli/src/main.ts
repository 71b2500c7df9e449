#!/usr/bin/env node
import { fileURLToPath } from "node:url";
import { InterruptedError } from "./failure.js";
import type { Io, Parent, Screen } from "./io.js";
import { EXIT, main } from "./program.js";

// Its users can do little about the Node version they were given, and it would stand between the lines.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

const interrupt = new AbortController();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(name, () => {
    // The first asks to tidy up; whoever asks twice does not want to wait for that.
    if (interrupt.signal.aborted) process.exit(EXIT.interrupted);
    interrupt.abort(new InterruptedError(name));
  });
}

function parentProcess(): Parent | undefined {
  if (!process.send) return undefined;
  const gone = new AbortController();
  process.on("disconnect", () => gone.abort());
  return { tell: (message) => void process.send?.(message), gone: gone.signal };
}

const io: Io = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: interrupt.signal,
  self: [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url)],
  parent: parentProcess(),
};

// Each write learns of its own failure; without a listener, a closed pipe would end the process with a stack.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});

const code = await main(process.argv.slice(2), io);
await Promise.race([written(io.stderr).then(() => written(io.stdout)), interrupted()]);
// Leaves at once: a standard input that nobody closes would keep the process alive for ever.
process.exit(code);

function written(stream: Screen): Promise<void> {
  return new Promise((resolve) => stream.write("", () => resolve()));
}

// Whoever interrupts does not wait for a reader that has stopped reading.
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    if (interrupt.signal.aborted) resolve();
    interrupt.signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
