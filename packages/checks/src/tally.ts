import { existsSync } from "node:fs";
import { read } from "./workspace.js";

export interface Tally {
  readonly passed: number;
  readonly failed: number;
  /** Why something counts as failed that no test has said. */
  readonly complaints: readonly string[];
}

interface VitestReport {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
}

/**
 * Adds up Vitest's JSON reports, given as paths, and lines such as `"rules 6 0"`. A report that is missing,
 * unreadable or empty counts as one failure: tests that did not run have not passed.
 */
export function tally(results: readonly string[]): Tally {
  if (results.length === 0) return { passed: 0, failed: 1, complaints: ["no report was given"] };
  const all = results.map(one);
  return {
    passed: sum(all.map(({ passed }) => passed)),
    failed: sum(all.map(({ failed }) => failed)),
    complaints: all.flatMap(({ complaints }) => complaints),
  };
}

function one(result: string): Tally {
  const [, name = result, passed, failed] = /^(\S.*) (\d+) (\d+)$/.exec(result) ?? [];
  if (passed !== undefined) return counted(name, Number(passed), Number(failed));
  if (!existsSync(result)) return failure(`${result} does not exist`);
  const report = parse(result);
  if (!report) return failure(`${result} is no report of Vitest`);
  const { numPassedTests, numFailedTests, success } = report;
  if (!success && numFailedTests === 0) {
    const { passed, complaints } = counted(name, numPassedTests, 0);
    return { passed, failed: 1, complaints: [...complaints, `${result} failed outside its tests`] };
  }
  return counted(name, numPassedTests, numFailedTests);
}

function counted(name: string, passed: number, failed: number): Tally {
  return passed + failed === 0 ? failure(`${name} ran no tests`) : { passed, failed, complaints: [] };
}

const failure = (complaint: string): Tally => ({ passed: 0, failed: 1, complaints: [complaint] });

function parse(path: string): VitestReport | undefined {
  try {
    const report = JSON.parse(read(path)) as Partial<VitestReport>;
    const { success, numPassedTests, numFailedTests } = report;
    return typeof success === "boolean" && numPassedTests !== undefined && numFailedTests !== undefined
      ? { success, numPassedTests, numFailedTests }
      : undefined;
  } catch {
    return undefined;
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
