import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { memoryBounds } from "@sluice/semaphore/node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "sluice-bounds-"));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

/** The bounds on a machine of 1,000 bytes with these files. */
function boundsOf(files: Record<string, string>, constrained?: number) {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${content}\n`);
  }
  return memoryBounds({ root, constrained: () => constrained, total: () => 1_000 });
}

const V2 = "sys/fs/cgroup";
const V1 = "sys/fs/cgroup/memory";
const group = (text: string) => ({ "proc/self/cgroup": text });

describe("the process's group", () => {
  test("may have a colon in its path, an id of several digits, and stand behind other lines", () => {
    const lines = "nonsense\n12:cpu,cpuacct:/x\n1:name=systemd:/y\n10:hugetlb,memory:/box:1\n";
    expect(boundsOf({ ...group(lines), [`${V1}/box:1/memory.limit_in_bytes`]: "50" }).limit).toBe(50);
  });

  test("counts the memory only if it says so by that very name", () => {
    const limits = { [`${V1}/box/memory.limit_in_bytes`]: "50", [`${V2}/box/memory.max`]: "60" };
    expect(boundsOf({ ...group("4:memory_other:/box"), ...limits }).limit).toBe(1_000);
    expect(boundsOf({ ...group("4:cpu:/box"), ...limits }).limit).toBe(1_000);
    expect(boundsOf({ ...group("x0::/box"), ...limits }).limit).toBe(1_000);
    expect(boundsOf({ ...group("4::/box"), ...limits }).limit).toBe(60);
    expect(boundsOf({ ...group("0::/box\n4:memory:/box"), ...limits }).limit).toBe(50);
  });

  test("is looked for where the file of its path says, and upwards, but nowhere else", () => {
    const files = { ...group("0::/a//b"), [`${V2}/b/memory.max`]: "10", [`${V2}/a/c/memory.max`]: "20" };
    expect(boundsOf(files).limit).toBe(1_000);
    expect(boundsOf({ [`${V2}/a/b/memory.max`]: "90" }).limit).toBe(90);
    expect(boundsOf({ [`${V2}/memory.max`]: "80" }).limit).toBe(80);
    expect(boundsOf({ [`${V2}/a/memory.max`]: "70" }).limit).toBe(70);
  });
});

test("a path that climbs is followed no further than to the mount", () => {
  const files = { ...group("0::../out"), "sys/fs/out/memory.max": "10", [`${V2}/memory.max`]: "20" };
  expect(boundsOf(files).limit).toBe(20);
});

describe("a limit", () => {
  test.each(["0", "-5", "1.5", "9007199254740992", "much", " "])("of %j is none", (limit) => {
    expect(boundsOf({ ...group("0::/"), [`${V2}/memory.max`]: limit }).limit).toBe(1_000);
  });

  test("of one byte is one, from whomever it comes", () => {
    expect(boundsOf({ ...group("0::/"), [`${V2}/memory.max`]: "1" }).limit).toBe(1);
    expect(boundsOf({}, 1).limit).toBe(1);
  });

  test("is the machine's own where nothing else is known", () => {
    const { limit, usage } = memoryBounds();
    expect(limit).toBeGreaterThan(0);
    expect(usage() ?? 1).toBeGreaterThan(0);
  });
});

describe("what a container uses", () => {
  const limit = { ...group("0::/"), [`${V2}/memory.max`]: "100" };
  const used = { ...limit, [`${V2}/memory.current`]: "90" };

  test.each([
    ["what is cached is given back on demand", "anon 12\ninactive_file 30\nactive_file 5", 60],
    ["only the line of that very name counts", "total_inactive_file 30\ninactive_file_x 7", 90],
    ["a line with more in it than a number counts as nothing", "inactive_file 30 kB", 90],
    ["no more can be cached than is used", "inactive_file 95", 0],
    ["without statistics nothing is cached", undefined, 90],
  ])("%s", (_title, stat, bytes) => {
    const files = stat === undefined ? used : { ...used, [`${V2}/memory.stat`]: stat };
    expect(boundsOf(files).usage()).toBe(bytes);
  });

  test("is unknown where the kernel does not say it, or says nonsense", () => {
    expect(boundsOf(limit).usage()).toBeUndefined();
    expect(boundsOf({ [`${V2}/memory.current`]: "" }).usage()).toBeUndefined();
    expect(boundsOf({ [`${V2}/memory.current`]: "much" }).usage()).toBeUndefined();
  });

  test("is unknown where the limit is not the container's", () => {
    expect(boundsOf(used, 40).usage()).toBeUndefined();
  });

  test.each([
    ["inactive_file 1\ntotal_inactive_file 20\ntotal_active_file 3", 70],
    ["sub_total_inactive_file 20", 90],
    ["total_inactive_file 20 kB", 90],
  ])("has other names in version 1: %j", (stat, bytes) => {
    const { usage } = boundsOf({
      ...group("4:memory:/box"),
      [`${V1}/box/memory.limit_in_bytes`]: "100",
      [`${V1}/box/memory.usage_in_bytes`]: "90",
      [`${V1}/box/memory.stat`]: stat,
    });
    expect(usage()).toBe(bytes);
  });

  test("is asked for at each call, of the group whose limit it is", () => {
    const files = {
      ...group("0::/outer/inner"),
      [`${V2}/outer/memory.max`]: "50",
      [`${V2}/outer/memory.current`]: "40",
      [`${V2}/outer/inner/memory.max`]: "60",
      [`${V2}/outer/inner/memory.current`]: "10",
    };
    const { usage } = boundsOf(files);
    expect(usage()).toBe(40);
    writeFileSync(join(root, V2, "outer/memory.current"), "45");
    expect(usage()).toBe(45);
  });
});
