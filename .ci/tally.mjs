// node .ci/tally.mjs REPORT EXIT_CODE
//
// Prints `PASSED FAILED` for one Vitest run, from its JSON report and the exit code it ended with. What a run does not
// say in so many words must not look green: a missing report, no test that ran, a file that did not load, and a bad exit
// code without a failed test (an unhandled rejection, a kill) each count as one that failed. Skipped tests, which are
// how waived and unverified laws appear, count as nothing. All but the passed ones are named on stderr.
import { readFileSync } from "node:fs";

/** @param {string} path */
function read(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

/** @param {any} report @param {number} exitCode */
function tally(report, exitCode) {
  if (!Array.isArray(report?.testResults)) {
    return { passed: 0, failed: 1, complaints: [`the tests ended with ${exitCode} and left no report`] };
  }
  const complaints = [];
  let passed = 0;
  let failed = 0;
  for (const file of report.testResults) {
    const failedBefore = failed;
    for (const { status, fullName } of file.assertionResults) {
      if (status === "passed") passed += 1;
      else complaints.push(`${status}: ${fullName} (${file.name})`);
      if (status === "failed") failed += 1;
    }
    // A file that fails without a failed test did not load, or broke in a hook.
    if (file.status === "failed" && failed === failedBefore) {
      failed += 1;
      complaints.push(`failed: ${file.name}: ${file.message || "no reason given"}`);
    }
  }
  if (passed + failed === 0) {
    failed = 1;
    complaints.push("no test was run");
  } else if (exitCode !== 0 && failed === 0) {
    failed = 1;
    complaints.push(`every test passed, yet the run ended with ${exitCode}`);
  }
  return { passed, failed, complaints };
}

const { passed, failed, complaints } = tally(read(process.argv[2]), Number(process.argv[3]));
for (const complaint of complaints) console.error(complaint);
console.log(passed, failed);
