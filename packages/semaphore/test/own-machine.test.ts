import { afterEach, beforeEach, expect, test, vi } from "vitest";

const files = vi.hoisted(() => new Map<string, string>());

vi.mock("node:fs", () => ({
  readFileSync(path: string): string {
    const content = files.get(path);
    if (content === undefined) throw new Error(`ENOENT: ${path}`);
    return content;
  },
}));
vi.mock("node:os", () => ({ totalmem: () => 1_000 }));

// Another test may have loaded it with the files that there are.
vi.resetModules();
const { memoryBounds } = await import("@sluice/semaphore/node");

const constrainedMemory = Object.getOwnPropertyDescriptor(process, "constrainedMemory")!;
function runtimeSays(value: (() => number) | undefined): void {
  Object.defineProperty(process, "constrainedMemory", { ...constrainedMemory, value });
}

beforeEach(() => {
  files.clear();
  runtimeSays(() => 0);
});
afterEach(() => {
  Object.defineProperty(process, "constrainedMemory", constrainedMemory);
});

test("unless told otherwise, the files of this machine are read", () => {
  files.set("/proc/self/cgroup", "0::/box");
  files.set("/sys/fs/cgroup/box/memory.max", "77");
  files.set("/sys/fs/cgroup/box/memory.current", "7");
  const { limit, usage } = memoryBounds();
  expect([limit, usage()]).toEqual([77, 7]);
});

test("unless told otherwise, the runtime is asked for its limit, and the system for what it has", () => {
  expect(memoryBounds().limit).toBe(1_000);
  runtimeSays(() => 500);
  expect(memoryBounds().limit).toBe(500);
});

test("a runtime that knows nothing of limits sets none", () => {
  runtimeSays(undefined);
  expect(memoryBounds().limit).toBe(1_000);
});
