import { parseBytes } from "@sluice/semaphore";
import { type Command, Option } from "commander";
import { budgetOption, bytes, endpointOption } from "../arguments.js";
import type { Io } from "../io.js";

/** `sluice demo`. It loads what it needs when it runs. */
export function addDemo(program: Command, io: Io): void {
  program
    .command("demo")
    .description("upload and download a stream inside a budget, and show the memory it took")
    .addOption(
      new Option("--size <size>", "bytes to send").argParser(bytes).default(parseBytes("1GiB"), "1GiB"),
    )
    .addOption(budgetOption())
    .addOption(endpointOption("use this server in the place of an embedded one"))
    .option("--region <name>", "default: AWS_REGION, then the profile")
    .option("--bucket <name>", "use this bucket of the endpoint (default: a new one)")
    .option("--chart <path>", "where to write the SVG chart (default: the folder for temporary files)")
    .action(async (options) => {
      const { demo } = await import("./demo.js");
      await demo(options, io);
    });
}
