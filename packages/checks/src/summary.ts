import { tally } from "./tally.js";

// summary.ts <vitest-report.json | "name passed failed">…: the one line that sums them up, and the exit code.

const { passed, failed, complaints } = tally(process.argv.slice(2));
for (const complaint of complaints) console.error(complaint);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
