import { MemoryBudget } from "@sluice/semaphore";
import { budgetFromContainer, type PressureOptions, watchPressure } from "@sluice/semaphore/node";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** A watched budget, and its capacity after a look at which so much of 100 bytes is used. */
function watched(capacity: number, options: PressureOptions = {}) {
  const budget = new MemoryBudget(capacity);
  let used = 0;
  const watch = watchPressure(budget, { limit: 100, read: () => used, ...options });
  const capacityAt = (bytes: number): number => {
    used = bytes;
    vi.advanceTimersByTime(options.every ?? 1_000);
    return budget.capacity;
  };
  return { budget, watch, capacityAt };
}

describe("the watch", () => {
  test("rests at the marks themselves, which are 85 % and 70 % of the limit", () => {
    const { capacityAt } = watched(80);
    expect([85, 86, 70, 69].map(capacityAt)).toEqual([80, 60, 60, 70]);
  });

  test("rests at the marks that it is given", () => {
    const { capacityAt } = watched(80, { high: 1, low: 0.2 });
    expect([100, 101, 20, 19].map(capacityAt)).toEqual([80, 60, 60, 70]);
  });

  test("shrinks to a quarter at the least, and grows by an eighth of the first capacity, in whole bytes", () => {
    const { capacityAt } = watched(10);
    expect([90, 90, 90, 90].map(capacityAt)).toEqual([7, 5, 3, 3]);
    expect([0, 0, 0, 0, 0].map(capacityAt)).toEqual([5, 7, 9, 10, 10]);
  });

  test("leaves a budget alone that is at its floor, or at its first capacity", () => {
    const { budget, capacityAt } = watched(80, { floor: 80 });
    const resized = vi.spyOn(budget, "resize");
    expect([90, 0].map(capacityAt)).toEqual([80, 80]);
    expect(resized).not.toHaveBeenCalled();
  });

  test("looks once a second, or as often as it is told", () => {
    const { budget, capacityAt } = watched(80);
    const now = watched(80, { every: 1 });
    expect(now.capacityAt(90)).toBe(60);
    now.watch[Symbol.dispose]();
    vi.advanceTimersByTime(998);
    expect(budget.capacity).toBe(80);
    expect(capacityAt(90)).toBe(60);
  });

  test("keeps no process alive", () => {
    const started = vi.spyOn(globalThis, "setInterval");
    const { watch } = watched(80);
    expect(started.mock.results.map(({ value }) => value.hasRef())).toEqual([false]);
    watch[Symbol.dispose]();
  });

  test("reads the resident size of the process, where it is the larger", () => {
    const resident = vi.spyOn(process.memoryUsage, "rss").mockReturnValue(2 ** 50);
    const budget = new MemoryBudget(80);
    const watch = watchPressure(budget, { limit: 2 ** 50 });
    vi.advanceTimersByTime(1_000);
    expect([budget.capacity, resident.mock.calls.length]).toEqual([60, 1]);
    watch[Symbol.dispose]();
  });
});

describe("what makes no sense is refused, and the error says why", () => {
  test.each<[PressureOptions, string]>([
    [{ floor: 81 }, "floor must be whole bytes from 1 to 80, got 81"],
    [{ limit: 0 }, "limit must be bytes, above 0, got 0"],
    [{ limit: Number.NaN }, "limit must be bytes, above 0, got NaN"],
    [{ high: 0.7 }, "high must be above low, which is 0.7 and must be above 0, and at most 1, got 0.7"],
    [{ high: 1.1 }, "high must be above low, which is 0.7 and must be above 0, and at most 1, got 1.1"],
    [{ low: 0 }, "high must be above low, which is 0 and must be above 0, and at most 1, got 0.85"],
    [{ every: 0.5 }, "every must be milliseconds, from 1, got 0.5"],
    [{ every: 2 ** 31 }, "every must be milliseconds, from 1, got 2147483648"],
  ])("%j", (options, message) => {
    expect(() => watched(80, options)).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_VALUE", message }),
    );
  });

  test("a share", () => {
    expect(() => budgetFromContainer({ share: 2 })).toThrow("share must be above 0 and at most 1, got 2");
  });

  test.each<PressureOptions>([{ limit: 0.5 }, { high: 1 }, { low: 0.01 }, { every: 2 ** 31 - 1 }])(
    "but what just makes sense is taken: %j",
    (options) => {
      watched(80, options).watch[Symbol.dispose]();
      expect(vi.getTimerCount()).toBe(0);
    },
  );
});

test("a budget may have the whole of the memory, and as little as its floor", () => {
  const machine = { root: "nowhere", constrained: () => 1_001, total: () => 2_000 };
  expect(budgetFromContainer({ share: 1, floor: 1, machine }).capacity).toBe(1_001);
  expect(budgetFromContainer({ floor: 1, machine }).capacity).toBe(500);
  expect(budgetFromContainer({ floor: 600, machine, maxWaiting: 0 }).capacity).toBe(600);
});
