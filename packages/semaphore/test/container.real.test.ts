import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

// In control groups that the kernel enforces, so this needs root; it fails where they cannot be made.

const MIB = 2 ** 20;
const UNDER_LIMIT = fileURLToPath(new URL("../../../.ci/under-limit", import.meta.url));
const PROGRAM = fileURLToPath(new URL("bounded-program.mjs", import.meta.url));

async function within(limit: string, what: "budget" | "pressure"): Promise<unknown> {
  const command = [process.execPath, "--expose-gc", PROGRAM, what];
  const { stdout } = await promisify(execFile)(UNDER_LIMIT, [limit, ...command]);
  return JSON.parse(stdout);
}

/** The limit of the group that all others are in: a container's own, where the machine is one. */
function outermost(): number[] {
  return ["memory.max", "memory/memory.limit_in_bytes"]
    .map((file) => `/sys/fs/cgroup/${file}`)
    .filter(existsSync)
    .map((path) => Number(readFileSync(path, "utf8")));
}

describe("in a container with a hard limit", () => {
  test("the budget is a share of the limit, or the floor", async () => {
    expect(await within("256MiB", "budget")).toMatchObject({
      capacity: 128 * MIB,
      quarter: 64 * MIB,
      floored: 16 * MIB,
    });
  });

  test("the budget is a share of the smallest limit, whether of the own group or of one around it", async () => {
    expect(await within("512MiB/128MiB", "budget")).toMatchObject({ capacity: 64 * MIB });
    expect(await within("128MiB/512MiB", "budget")).toMatchObject({ capacity: 64 * MIB });
    expect(await within("128MiB/max", "budget")).toMatchObject({ capacity: 64 * MIB });
  });

  test("the budget is a share of the machine's memory where nobody set a limit", async () => {
    const seen = (await within("max", "budget")) as { capacity: number; total: number; constrained?: number };
    const limits = [seen.total, seen.constrained, ...outermost()].filter((limit): limit is number =>
      Number.isSafeInteger(limit),
    );
    expect(seen.capacity).toBe(Math.floor(Math.min(...limits.filter((limit) => limit > 0)) / 2));
  });

  test("a watched budget shrinks under pressure down to the floor, and grows back when it is over", async () => {
    const { first, floor, seen } = (await within("256MiB", "pressure")) as {
      first: number;
      floor: number;
      seen: number[];
    };
    expect([first, floor]).toEqual([64 * MIB, 16 * MIB]);
    const bottom = seen.indexOf(floor);
    expect(bottom).toBeGreaterThan(0);
    expect(Math.min(...seen)).toBe(floor);
    expect(seen.slice(0, bottom + 1)).toEqual(seen.slice(0, bottom + 1).sort((a, b) => b - a));
    expect(seen.slice(bottom)).toEqual(seen.slice(bottom).sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(first);
  });
});
