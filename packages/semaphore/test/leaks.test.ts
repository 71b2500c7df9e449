import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Leak, MemoryBudget, type Permit, Semaphore } from "@sluice/semaphore";
import { describe, expect, test, vi } from "vitest";

setFlagsFromString("--expose-gc");
const gc: () => void = runInNewContext("gc");

const macrotask = () => new Promise((resolve) => setImmediate(resolve));

/** Collects the garbage until it shows, or for long enough to know that it never will. */
async function collected(shows: () => boolean, rounds = 200): Promise<boolean> {
  for (let round = 0; round < rounds && !shows(); round++) {
    gc();
    await macrotask(); // finalizers run in tasks of their own
  }
  return shows();
}

function observed(capacity: number, name?: string) {
  const leaks: Leak[] = [];
  const semaphore = new Semaphore(capacity, { name, onLeak: (leak) => leaks.push(leak) });
  return { semaphore, leaks };
}

function acquiresAndForgets(semaphore: Semaphore, weight: number): void {
  semaphore.tryAcquire(weight);
}

describe("a permit that is collected", () => {
  test("gives its weight back, serves whoever fits, and is reported with where it was acquired", async () => {
    const { semaphore, leaks } = observed(4, "uploads");
    acquiresAndForgets(semaphore, 3);
    const waiter = semaphore.acquire(2);
    expect(semaphore.snapshot()).toMatchObject({ held: 3, waiting: 1 });
    expect(await collected(() => leaks.length > 0)).toBe(true);
    expect(leaks).toEqual([
      { weight: 3, name: "uploads", acquiredAt: expect.stringContaining("acquiresAndForgets") },
    ]);
    const permit = await waiter;
    expect(semaphore.held).toBe(2);
    permit.release();
    expect(semaphore.held).toBe(0);
  });

  test("was acquired where it was asked for, not where somebody made room for it", async () => {
    const { semaphore, leaks } = observed(1);
    function asksAndForgets() {
      void semaphore.acquire();
    }
    const first = await semaphore.acquire();
    asksAndForgets();
    first.release();
    expect(semaphore.held).toBe(1);
    expect(await collected(() => leaks.length > 0)).toBe(true);
    expect(leaks[0]?.acquiredAt).toContain("asksAndForgets");
    expect(semaphore.held).toBe(0);
  });

  test("gives back what it weighs by then, each part on its own", async () => {
    const { semaphore, leaks } = observed(10);
    const parts: Permit[] = [];
    (() => {
      const whole = semaphore.tryAcquire(10);
      const part = whole?.split(6);
      part?.shrink(4);
      if (part) parts.push(part.split(1), part.split(2));
    })();
    expect(await collected(() => leaks.length > 1)).toBe(true);
    expect(leaks.map(({ weight }) => weight).sort()).toEqual([1, 4]);
    expect(leaks.every(({ acquiredAt }) => acquiredAt?.includes("leaks.test"))).toBe(true);
    expect(semaphore.held).toBe(3);
    for (const part of parts) part.release();
    expect(semaphore.held).toBe(0);
  });

  test("is recovered from a task that can never settle", async () => {
    const { semaphore, leaks } = observed(1);
    (() => void semaphore.use(1, () => new Promise(() => undefined)))();
    expect(await collected(() => leaks.length > 0)).toBe(true);
    expect(semaphore.held).toBe(0);
  });

  test("is a budget's too", async () => {
    const leaks: Leak[] = [];
    const budget = new MemoryBudget("1KiB", { onLeak: (leak) => leaks.push(leak) });
    acquiresAndForgets(budget, 1_000);
    expect(await collected(() => leaks.length > 0)).toBe(true);
    expect(budget.available).toBe(1_024);
  });

  test("is nobody's business after its release, and while somebody has it", async () => {
    const { semaphore, leaks } = observed(10);
    const kept = await semaphore.acquire(1);
    (() => {
      const whole = semaphore.tryAcquire(4);
      whole?.split(1).release();
      whole?.shrink(1);
      whole?.release();
    })();
    await semaphore.use(2, async () => undefined);
    acquiresAndForgets(semaphore, 3); // a leak that shows that the others would have shown
    expect(await collected(() => leaks.length > 0)).toBe(true);
    expect(await collected(() => leaks.length > 1, 5)).toBe(false);
    expect([leaks[0]?.weight, semaphore.held]).toEqual([3, 1]);
    kept.release();
  });
});

describe("the report", () => {
  // The registry as it is, but for the time at which it speaks, and with what it was told in sight.
  class Registry<Held> {
    static entries: { target: WeakKey; held: object; collect: () => void }[] = [];
    readonly #finalize: (held: Held) => void;
    constructor(finalize: (held: Held) => void) {
      this.#finalize = finalize;
    }
    register(target: WeakKey, held: Held & object): void {
      Registry.entries.push({ target, held, collect: () => this.#finalize(held) });
    }
    unregister(token: WeakKey): void {
      Registry.entries = Registry.entries.filter(({ held }) => held !== token);
    }
  }
  const faked = <R>(run: () => R): R => {
    Registry.entries = [];
    vi.stubGlobal("FinalizationRegistry", Registry);
    try {
      return run();
    } finally {
      vi.unstubAllGlobals();
    }
  };

  test("that throws surfaces as the bug that it is, after everybody has been served", async () => {
    const boom = new Error("the hook is broken");
    const uncaught = vi.fn();
    const semaphore = faked(
      () =>
        new Semaphore(1, {
          onLeak: () => {
            throw boom;
          },
        }),
    );
    await semaphore.acquire();
    const waiter = semaphore.acquire();
    const tasks: (() => void)[] = [];
    vi.stubGlobal("queueMicrotask", (task: () => void) => tasks.push(task));
    Registry.entries[0]?.collect();
    vi.unstubAllGlobals();
    (await waiter).release();
    expect(semaphore.snapshot()).toMatchObject({ held: 0, granted: 2 });
    for (const task of tasks) {
      try {
        task();
      } catch (error) {
        uncaught(error);
      }
    }
    expect(uncaught).toHaveBeenCalledExactlyOnceWith(boom);
  });

  test("costs an entry for each permit, until it is given back", async () => {
    const semaphore = faked(() => new Semaphore(10, { onLeak: () => undefined }));
    const whole = await semaphore.acquire(5);
    const part = whole.split(2);
    expect(Registry.entries.map(({ held }) => held)).toMatchObject([{ weight: 3 }, { weight: 2 }]);
    whole.shrink(1);
    whole.shrink(1);
    expect(Registry.entries.map(({ held }) => held)).toMatchObject([{ weight: 1 }, { weight: 2 }]);
    part.release();
    whole.release();
    whole.release();
    expect(Registry.entries).toEqual([]);
    expect(semaphore.held).toBe(0);
  });

  test("keeps a text of bounded length about each permit, and nothing that leads to it", async () => {
    const semaphore = faked(() => new Semaphore(1, { onLeak: () => undefined }));
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 100;
    const deep = (depth: number): unknown => (depth > 0 ? deep(depth - 1) : semaphore.tryAcquire());
    deep(90);
    Error.stackTraceLimit = limit;
    const held = Registry.entries[0]?.held as Leak;
    expect(Object.values(held).map((value) => typeof value)).toEqual(["number", "string"]);
    expect(held.acquiredAt?.length).toBe(2_000);
  });

  test("costs nothing where nobody listens", () => {
    const semaphore = faked(() => new Semaphore(1));
    semaphore.tryAcquire()?.release();
    expect(Registry.entries).toEqual([]);
  });
});
