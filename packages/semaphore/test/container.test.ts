import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { MemoryBudget } from "@sluice/semaphore";
import { budgetFromContainer, memoryBounds, watchPressure } from "@sluice/semaphore/node";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

const MIB = 2 ** 20;

describe("the memory of a container", () => {
  let root = "";
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "sluice-machine-"));
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  const machine = (files: Record<string, string>, constrained?: number) => {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), `${content}\n`);
    }
    return { root, constrained: () => constrained, total: () => 1_000 * MIB };
  };
  const V2 = { "proc/self/cgroup": "0::/pods/one/main" };
  const V1 = { "proc/self/cgroup": "5:cpu:/x\n4:memory,hugetlb:/box\n0::/" };
  const NONE_V1 = "9223372036854771712";

  test.each<[string, Record<string, string>, number | undefined, number]>([
    [
      "the limit of the own group",
      { ...V2, "sys/fs/cgroup/pods/one/main/memory.max": `${100 * MIB}` },
      undefined,
      100,
    ],
    [
      "the smallest limit on the way up",
      {
        ...V2,
        "sys/fs/cgroup/pods/one/main/memory.max": `${100 * MIB}`,
        "sys/fs/cgroup/pods/memory.max": `${64 * MIB}`,
        "sys/fs/cgroup/pods/one/memory.max": "max",
      },
      undefined,
      64,
    ],
    [
      "the machine's, if the group says max",
      { ...V2, "sys/fs/cgroup/pods/memory.max": "max" },
      undefined,
      1_000,
    ],
    [
      "a namespace's, of which only the mount is seen",
      { "proc/self/cgroup": "0::/../..", "sys/fs/cgroup/memory.max": `${80 * MIB}` },
      undefined,
      80,
    ],
    ["version 1", { ...V1, "sys/fs/cgroup/memory/box/memory.limit_in_bytes": `${50 * MIB}` }, undefined, 50],
    [
      "the machine's, if version 1 has a huge number",
      { ...V1, "sys/fs/cgroup/memory/box/memory.limit_in_bytes": NONE_V1 },
      undefined,
      1_000,
    ],
    ["what the runtime says, where there are no groups", {}, 200 * MIB, 200],
    ["the machine's, if the runtime says 0", {}, 0, 1_000],
    ["the machine's, if the runtime has a huge number", {}, 2 ** 64, 1_000],
    [
      "the machine's, if the files are nonsense",
      { "proc/self/cgroup": "what?", "sys/fs/cgroup/memory.max": "much" },
      undefined,
      1_000,
    ],
    ["the machine's, if a limit is empty", { ...V2, "sys/fs/cgroup/memory.max": "" }, undefined, 1_000],
  ])("is %s", (_what, files, constrained, mebibytes) => {
    expect(memoryBounds(machine(files, constrained)).limit).toBe(mebibytes * MIB);
  });

  test("what it uses is what the kernel could not take back", () => {
    const { usage } = memoryBounds(
      machine({
        ...V2,
        "sys/fs/cgroup/pods/memory.max": `${100 * MIB}`,
        "sys/fs/cgroup/pods/memory.current": `${90 * MIB}`,
        "sys/fs/cgroup/pods/memory.stat": `anon 1\ninactive_file ${30 * MIB}\nactive_file 5`,
      }),
    );
    expect(usage()).toBe(60 * MIB);
    expect(memoryBounds({ root: join(root, "nowhere"), total: () => 1 }).usage()).toBeUndefined();
  });

  test("a budget is a half of it, or the share that is asked for, and never below the floor", () => {
    const here = machine({}, 100 * MIB);
    expect(budgetFromContainer({ machine: here }).capacity).toBe(50 * MIB);
    expect(budgetFromContainer({ machine: here, share: 0.25, name: "box" }).snapshot()).toMatchObject({
      name: "box",
      capacity: 25 * MIB,
    });
    expect(budgetFromContainer({ machine: here, share: 0.01 }).capacity).toBe(8 * MIB);
    expect(budgetFromContainer({ machine: here, share: 0.01, floor: "2MiB" }).capacity).toBe(2 * MIB);
    expect(budgetFromContainer().capacity).toBeGreaterThan(0);
  });

  test.each([0, -1, 1.1, Number.NaN, Number.POSITIVE_INFINITY])("a share of %s is refused", (share) => {
    expect(() => budgetFromContainer({ share })).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_VALUE", what: "share", value: share }),
    );
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 101 * MIB, "101MiB"])(
    "a floor of %s is refused where there are 100 MiB",
    (floor) => {
      expect(() => budgetFromContainer({ floor, machine: machine({}, 100 * MIB) })).toThrow(
        `floor must be whole bytes from 1 to ${100 * MIB}, got `,
      );
    },
  );

  test("a floor that is no size is refused, and one of all there is is not", () => {
    const here = machine({}, 100 * MIB);
    expect(() => budgetFromContainer({ floor: "lots", machine: here })).toThrow('got "lots"');
    expect(budgetFromContainer({ floor: "100MiB", machine: here }).capacity).toBe(100 * MIB);
  });
});

describe("watching the pressure", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("a budget shrinks under pressure down to the floor, rests in between, and grows back step by step", () => {
    const budget = new MemoryBudget(80);
    let used = 90;
    const watch = watchPressure(budget, { floor: 40, limit: 100, every: 10, read: () => used });
    const after = () => {
      vi.advanceTimersByTime(10);
      return budget.capacity;
    };
    expect([after(), after(), after(), after()]).toEqual([60, 45, 40, 40]);
    used = 80;
    expect([after(), after()]).toEqual([40, 40]);
    used = 50;
    expect([after(), after(), after(), after(), after()]).toEqual([50, 60, 70, 80, 80]);
    watch[Symbol.dispose]();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("disposing of the watch gives the budget its capacity back", () => {
    const budget = new MemoryBudget(80);
    const watch = watchPressure(budget, { limit: 100, read: () => 100 });
    vi.advanceTimersByTime(60_000);
    expect(budget.capacity).toBe(20);
    watch[Symbol.dispose]();
    vi.advanceTimersByTime(60_000);
    expect(budget.capacity).toBe(80);
  });

  test("what is used is measured unless told otherwise", () => {
    const budget = new MemoryBudget(80);
    const watch = watchPressure(budget, { limit: 1 });
    vi.advanceTimersByTime(1_000);
    expect(budget.capacity).toBe(60);
    watch[Symbol.dispose]();
  });

  test.each([
    { floor: 0 },
    { floor: "x" },
    { floor: 81 },
    { floor: Number.NaN },
    { limit: 0 },
    { limit: Number.NaN },
    { limit: Number.POSITIVE_INFINITY },
    { high: 0.5 },
    { high: 2 },
    { high: Number.NaN },
    { low: 0 },
    { low: Number.NaN },
    { every: 0 },
    { every: Number.NaN },
    { every: Number.POSITIVE_INFINITY },
  ])("%o is refused", (options) => {
    expect(() => watchPressure(new MemoryBudget(80), options)).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_VALUE" }),
    );
    expect(vi.getTimerCount()).toBe(0);
  });
});
