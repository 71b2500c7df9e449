import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";

// Under a limit that the kernel enforces, so this needs root; it fails where no control group can be made. What is
// expected here are exit codes and bytes: no test of it is about time.

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const COMMAND = ["--import", "tsx", "bench/gateway/main.ts", "--flood", "--quick", "--json"];
const MIB = 2 ** 20;

interface Flooded {
  readonly crowd: string;
  readonly limitMib: number;
  readonly exit: number;
  readonly oomKills: number;
  readonly peak: number;
  readonly asked: number;
  readonly done: number;
  readonly told: number;
  readonly said: readonly string[];
  readonly whole: boolean;
  readonly words?: {
    readonly budget: { readonly capacity: number; readonly held: number; readonly peakHeld: number };
  };
}

let floods: readonly Flooded[];

/** What the command says, also when it exits with 1, because the tests tell more about what is wrong. */
async function flood(): Promise<readonly Flooded[]> {
  const options = { cwd: ROOT, maxBuffer: 16 * MIB };
  const said = await promisify(execFile)(process.execPath, COMMAND, options).catch(
    (error: Error & { code?: unknown; stdout: string }) => {
      if (error.code !== 1) throw error;
      return error;
    },
  );
  return (JSON.parse(said.stdout) as { floods: readonly Flooded[] }).floods;
}

describe("a gateway of 256 MiB that encrypts frames of 8 MiB", () => {
  beforeAll(async () => {
    floods = await flood();
  });

  test("serves every one of many GETs, PUTs and UploadParts at once, byte for byte", () => {
    for (const one of floods.filter(({ crowd }) => crowd !== "many")) {
      expect(one).toMatchObject({ exit: 0, oomKills: 0, done: one.asked, said: [], whole: true });
    }
  });

  test("serves who asks only once, or says when to come again", () => {
    const many = floods.find(({ crowd }) => crowd === "many")!;
    expect(many).toMatchObject({ exit: 0, oomKills: 0, said: [] });
    expect(many.done + many.told).toBe(many.asked);
    expect(many.done).toBeGreaterThan(0);
  });

  test("never holds more than its budget, and nothing in the end", () => {
    for (const { words, peak, limitMib } of floods) {
      expect(words?.budget.peakHeld).toBeLessThanOrEqual(words!.budget.capacity);
      expect(words?.budget.held).toBe(0);
      expect(peak).toBeLessThan(limitMib * MIB);
    }
  });
});
