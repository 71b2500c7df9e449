import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tally } from "../src/tally.js";
import { tree } from "./tree.js";

const report = (numPassedTests: number, numFailedTests: number, success = numFailedTests === 0) =>
  join(tree({ "r.json": JSON.stringify({ success, numPassedTests, numFailedTests }) }), "r.json");

describe("tally", () => {
  it("adds up reports and lines", () => {
    expect(tally([report(3, 0), "pnpm rules 6 0", report(4, 2)])).toEqual({
      passed: 13,
      failed: 2,
      complaints: [],
    });
  });

  it.each([
    ["a report that is missing", () => "gone.json"],
    ["a report without tests", () => report(0, 0)],
    ["a line without tests", () => "rules 0 0"],
    ["a file that is no report", () => join(tree({ "r.json": "{}" }), "r.json")],
    ["a file that is not even JSON", () => join(tree({ "r.json": "oops" }), "r.json")],
  ])("counts %s as a failure, and says so", (_what, make) => {
    expect(tally([report(3, 0), make()])).toMatchObject({
      passed: 3,
      failed: 1,
      complaints: [expect.any(String)],
    });
  });

  it("counts a run that failed outside its tests as a failure", () => {
    expect(tally([report(3, 0, false)])).toMatchObject({ passed: 3, failed: 1 });
  });

  it("counts no report at all as a failure", () => {
    expect(tally([])).toMatchObject({ passed: 0, failed: 1 });
  });
});
