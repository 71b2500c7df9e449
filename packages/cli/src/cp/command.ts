import type { Command } from "commander";
import { budgetOption, bytes, count, endpointOption } from "../arguments.js";
import type { Io } from "../io.js";
import { bar, jsonLines, noting, type Reporter } from "./progress.js";

/** `sluice cp` and `sluice cat`. They load what they need when they run: help does not wait for the AWS SDK. */
export function addCopying(program: Command, io: Io, told: { reporter: Reporter }): void {
  const report = (how: { json?: boolean; quiet?: boolean }) => {
    if (how.json) told.reporter = jsonLines(io.stderr);
    else if (!how.quiet) told.reporter = io.stderr.isTTY ? bar(io.stderr) : noting(io.stderr);
    return told.reporter;
  };

  transfer(program.command("cp"))
    .description('copy <from> to <to>: one is s3://bucket/key, the other that too, a path, or "-"')
    .argument("<from>")
    .argument("<to>")
    .option(
      "-r, --recursive",
      "copy a folder, and all that is in it, to s3://bucket/prefix or from there, or between two",
    )
    .option("--files <n>", "with -r: files at a time (default: 8)", count)
    .option("--follow-links", "with -r: also through links; if left out, they are skipped")
    .option("--resume", "from S3 to files: go on where an earlier one was stopped, and keep what has come")
    .option("--content-type <type>", "the type to keep with the object")
    .addHelpText("after", HELP)
    .option("--json", "one JSON line for each event on standard error")
    .option("--quiet", "no progress")
    .action(async (from: string, to: string, { json, quiet, ...options }) => {
      const { copy } = await import("./cp.js");
      await copy(from, to, options, io, report({ json, quiet }));
    });

  transfer(program.command("cat"))
    .description("write objects to standard output, one after the other")
    .argument("<objects...>", "s3://bucket/key")
    .action(async (objects: readonly string[], options) => {
      const { copy } = await import("./cp.js");
      for (const object of objects) await copy(object, "-", options, io, told.reporter);
    });
}

// As the AWS CLI does from a disk; from S3 it leaves such keys out.
const HELP = `
From S3 to S3, the server copies: no byte comes here, and --budget pays for nothing.
An object above 5 GiB is copied in parts, and keeps its headers and metadata, but no tags.

S3 has no folders. With -r, an empty folder of the disk is left out; a key that ends in "/", which stands for one in
S3, becomes an empty folder of the disk, and is copied to S3 as it is.`;

const transfer = (command: Command): Command =>
  command
    .addOption(budgetOption())
    .option("--slots <n>", "parts in flight (default: 4, or what fits)", count)
    .option("--part-size <size>", "bytes of a part or range (default: 8MiB, or what fits)", bytes)
    .addOption(endpointOption())
    .option("--region <name>", "default: AWS_REGION, then the profile")
    .option("--path-style", "the bucket in the path (the default with an endpoint of one's own)")
    .option("--no-path-style", "the bucket in the host name");
