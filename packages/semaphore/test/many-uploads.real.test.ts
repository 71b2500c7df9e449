import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";

// Under a limit that the kernel enforces, so this needs root; it fails where no control group can be made. What is
// expected here are exit codes and bytes: no test of it is about time.

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const COMMAND = ["--import", "tsx", "bench/upload/main.ts", "--many", "--quick", "--json"];
const MIB = 2 ** 20;

interface Outcome {
  readonly id: string;
  readonly exit: number;
  readonly oomKills: number;
  readonly peak: number;
  readonly fates?: {
    readonly done: number;
    readonly doneBefore: number;
    readonly givenUp: number;
    readonly failures: readonly string[];
    readonly held: number;
    readonly peakHeld: number;
  };
  readonly given: { readonly bytes: number; readonly objects: number; readonly aborted: number };
}

interface Result {
  readonly plan: {
    readonly uploads: number;
    readonly bytes: number;
    readonly limitMib: number;
    readonly budget: number;
  };
  readonly outcomes: readonly Outcome[];
}

let result: Result;

const called = (id: string): Outcome => result.outcomes.find((outcome) => outcome.id === id)!;

/** What the command says, also when it exits with 1, because the tests tell more about what is wrong. */
async function uploads(): Promise<Result> {
  const options = { cwd: ROOT, maxBuffer: 16 * MIB };
  const said = await promisify(execFile)(process.execPath, COMMAND, options).catch(
    (error: Error & { code?: unknown; stdout: string }) => {
      if (error.code !== 1) throw error;
      return error;
    },
  );
  return JSON.parse(said.stdout) as Result;
}

describe("twenty uploads at once in a process of 256 MiB", () => {
  beforeAll(async () => {
    result = await uploads();
  });

  test("are more than a process can hold that lets each have its own parts: it is killed", () => {
    expect(called("lib-storage")).toMatchObject({ exit: 137, oomKills: 1 });
  });

  test("all arrive under one budget, every byte", () => {
    const { plan } = result;
    expect(called("aws")).toMatchObject({
      exit: 0,
      oomKills: 0,
      fates: { done: plan.uploads, failures: [], held: 0 },
      given: { bytes: plan.uploads * plan.bytes, objects: plan.uploads, aborted: 0 },
    });
    expect(called("aws").peak).toBeLessThan(plan.limitMib * MIB);
    expect(called("aws").fates!.peakHeld).toBeLessThanOrEqual(plan.budget);
  });

  test("go on beside sources that have gone silent, as long as these leave a part of the budget", () => {
    expect(called("stalled-4")).toMatchObject({
      exit: 0,
      fates: { done: 16, doneBefore: 16, givenUp: 4, held: 0 },
    });
  });

  test("wait for silent sources that hold all of it, and go on when those are given up", () => {
    expect(called("stalled-10")).toMatchObject({
      exit: 0,
      fates: { done: 10, givenUp: 10, held: 0 },
      given: { aborted: 10 },
    });
  });
});
