import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";

// Under a limit that the kernel enforces, so this needs root; it fails where no control group can be made. What is
// expected here are exit codes and bytes: no test of it is about time.

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const COMMAND = ["--import", "tsx", "bench/flood/main.ts", "--quick", "--json"];
const MIB = 2 ** 20;

interface Flooded {
  readonly variant: string;
  readonly exit: number;
  readonly oomKills: number;
  readonly served: number;
  readonly wellBehaved: number;
  readonly peak: number;
  readonly budget?: { readonly held: number; readonly capacity: number; readonly peakHeld: number };
}

interface Result {
  readonly plan: { readonly limitMib: number };
  readonly floods: readonly Flooded[];
}

let result: Result;

const called = (variant: string): Flooded | undefined =>
  result.floods.find((flooded) => flooded.variant === variant);

/** What the command says, also when it exits with 1, because the tests tell more about what is wrong. */
async function flood(): Promise<Result> {
  const options = { cwd: ROOT, maxBuffer: 16 * MIB };
  const said = await promisify(execFile)(process.execPath, COMMAND, options).catch(
    (error: Error & { code?: unknown; stdout: string }) => {
      if (error.code !== 1) throw error;
      return error;
    },
  );
  return JSON.parse(said.stdout) as Result;
}

describe("flooded by more clients than its memory can serve at once, some slow, some gone, some not reading", () => {
  beforeAll(async () => {
    result = await flood();
  });

  test("a server without governance is killed", () => {
    expect(called("none")).toMatchObject({ exit: 137, oomKills: 1 });
  });

  test("a server that gives its permits back when the handler returns is killed all the same", () => {
    expect(called("handler")).toMatchObject({ exit: 137, oomKills: 1 });
  });

  test("a server that admits its streams serves everybody who reads, every byte, far below the limit", () => {
    const admitted = called("admit")!;
    expect(admitted).toMatchObject({ exit: 0, oomKills: 0, served: admitted.wellBehaved });
    expect(admitted.peak).toBeLessThan(0.75 * result.plan.limitMib * MIB);
  });

  test("and holds no permit any more when all have gone", () => {
    const { held, peakHeld, capacity } = called("admit")!.budget!;
    expect(held).toBe(0);
    expect(peakHeld).toBeGreaterThan(0);
    expect(peakHeld).toBeLessThanOrEqual(capacity);
  });
});
