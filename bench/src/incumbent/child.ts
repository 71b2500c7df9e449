import { Upload as Theirs } from "@aws-sdk/lib-storage";
import { Upload } from "@sluice/s3-upload/lib-storage";
import { CASES } from "./cases.js";
import { Server } from "./server.js";

// One case on one class: child.ts CASE lib-storage|sluice. Whatever it leaves open ends with the process.

const [, , index, whose] = process.argv;
const Class = whose === "sluice" ? Upload : (Theirs as unknown as typeof Upload);
const verdict = await CASES[Number(index)]!.run(Class, await Server.start()).catch(
  (error: Error) => `the case itself has failed: ${error.message}`,
);
process.stdout.write(verdict, () => process.exit());
