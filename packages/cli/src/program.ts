import { InvalidValueError } from "@sluice/semaphore";
import { Command, CommanderError } from "commander";
import manifest from "../package.json" with { type: "json" };
import { addCopying } from "./cp/command.js";
import { quiet, type Reporter } from "./cp/progress.js";
import { addDemo } from "./demo/command.js";
import { InterruptedError, ReaderGoneError, UsageError } from "./failure.js";
import type { Io } from "./io.js";
import { addServing } from "./serve/command.js";

export const EXIT = { done: 0, failed: 1, misused: 2, interrupted: 130 } as const;

/**
 * Runs one command line and answers with the exit code.
 *
 * - **Order:** none.
 * - **Abort:** by `io.signal`: resolves with 130 when nothing is left behind.
 * - **Errors:** none: they are told on `io.stderr`.
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const told = { reporter: quiet(io.stderr) };
  try {
    await commands(io, told).parseAsync([...argv], { from: "user" });
    return EXIT.done;
  } catch (error) {
    // Commander has told its own already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.misused;
    if (error instanceof ReaderGoneError) return EXIT.done;
    const interrupted = io.signal.aborted;
    const why = interrupted ? io.signal.reason : error;
    told.reporter.failed(codeOf(why), why);
    if (interrupted && why instanceof InterruptedError) return EXIT.interrupted;
    return why instanceof UsageError || why instanceof InvalidValueError ? EXIT.misused : EXIT.failed;
  }
}

function commands(io: Io, told: { reporter: Reporter }): Command {
  const program = new Command("sluice")
    .description("copy data to and from S3 inside a fixed amount of memory")
    .version(manifest.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
    });
  addCopying(program, io, told);
  addServing(program, io);
  addDemo(program, io);
  return program;
}

const codeOf = (error: unknown): string => {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return String(code ?? name ?? "ERR_FAILED");
};
