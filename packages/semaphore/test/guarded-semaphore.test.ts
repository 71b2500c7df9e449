import { AsyncLocalStorage } from "node:async_hooks";
import { MemoryBudget, type Permit, Semaphore, type WaitOptions, WaitTimeoutError } from "@sluice/semaphore";
import { GuardedSemaphore, NestedAcquireError, watchPressure } from "@sluice/semaphore/node";
import { describe, expect, test, vi } from "vitest";

function deferred() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

const macrotask = () => new Promise((resolve) => setImmediate(resolve));

const nested = (facts: Partial<NestedAcquireError>) =>
  expect.objectContaining({ code: "ERR_NESTED_ACQUIRE", ...facts });

describe("a task that keeps a permit and asks for more of the same semaphore", () => {
  test("fails at once if it could be served only after itself", async () => {
    const semaphore = new GuardedSemaphore(4, { name: "frames" });
    const wait = semaphore.use(3, async () => {
      await macrotask();
      await semaphore.acquire(2);
    });
    await expect(wait).rejects.toBeInstanceOf(NestedAcquireError);
    await expect(wait).rejects.toMatchObject({ weight: 2, held: 3, capacity: 4, behind: undefined });
    await expect(wait).rejects.toThrow(
      "frames: asked for 2 while the same task keeps 3 of 4, so it would wait for itself: " +
        "take the whole weight at once, split the permit, or release it before",
    );
    expect(semaphore.snapshot()).toMatchObject({ held: 0, waiting: 0, aborted: 1 });
  });

  test("fails through `use` too, over several levels, and with all that it keeps", async () => {
    const semaphore = new GuardedSemaphore(5);
    const innermost = vi.fn();
    const wait = semaphore.use(2, () => semaphore.use(2, () => semaphore.use(2, innermost)));
    await expect(wait).rejects.toEqual(nested({ weight: 2, held: 4, capacity: 5 }));
    expect(innermost).not.toHaveBeenCalled();
    expect(semaphore.held).toBe(0);
  });

  test("fails with a time-out as well, as it would have run out for certain", async () => {
    const semaphore = new GuardedSemaphore(1);
    const wait = semaphore.use(1, () => semaphore.acquire(1, { timeout: 60_000 }));
    await expect(wait).rejects.toEqual(nested({ weight: 1 }));
  });

  test("fails whatever its options descend from", async () => {
    const semaphore = new GuardedSemaphore(1);
    const options: WaitOptions = Object.assign(Object.create(null), { timeout: 60_000 });
    await expect(semaphore.use(1, () => semaphore.acquire(1, options))).rejects.toEqual(
      nested({ weight: 1 }),
    );
  });

  test("gets it if it fits, or will", async () => {
    const semaphore = new GuardedSemaphore(4);
    const other = await semaphore.acquire(2);
    const both = semaphore.use(1, () => semaphore.use(3, async () => "served"));
    await macrotask();
    expect(semaphore.waiting).toBe(1);
    other.release();
    expect(await both).toBe("served");
    expect(semaphore.held).toBe(0);
  });

  test("hears from `tryAcquire` that there is no room, as that never waits", async () => {
    const semaphore = new GuardedSemaphore(1);
    expect(await semaphore.use(1, () => semaphore.tryAcquire())).toBeUndefined();
  });

  test("fails behind a request that needs what it keeps, unless that one may leave by itself", async () => {
    const semaphore = new GuardedSemaphore(4);
    const gate = deferred();
    const task = semaphore.use(1, async () => {
      await gate.promise;
      await semaphore.acquire(1);
    });
    await macrotask();
    const heavy = semaphore.acquire(4);
    gate.resolve();
    await expect(task).rejects.toEqual(nested({ weight: 1, held: 1, capacity: 4, behind: 4 }));
    await expect(task).rejects.toThrow("asked for 1, behind somebody who waits for 4, while the same task");
    (await heavy).release();

    const leaving = new AbortController();
    const second = semaphore.use(1, async () => {
      const wait = semaphore.acquire(4, { signal: leaving.signal });
      const behind = semaphore.detached(() => semaphore.acquire(4, { signal: leaving.signal }));
      await expect(wait).rejects.toEqual(nested({ weight: 4 }));
      const mine = semaphore.acquire(1);
      leaving.abort("left");
      await expect(behind).rejects.toBe("left");
      (await mine).release();
      return "served";
    });
    expect(await second).toBe("served");
  });

  test("fails when a resize leaves no room beside what it keeps, and only then", async () => {
    const semaphore = new GuardedSemaphore(4);
    const other = await semaphore.acquire(3);
    const doomed = semaphore.use(1, () => semaphore.acquire(2));
    await macrotask();
    const outsider = semaphore.acquire(2);
    semaphore.resize(3);
    await macrotask();
    expect(semaphore.waiting).toBe(2);
    semaphore.resize(2);
    await expect(doomed).rejects.toEqual(nested({ weight: 2, held: 1, capacity: 2 }));
    other.release();
    (await outsider).release();
    expect(semaphore.snapshot()).toMatchObject({ held: 0, waiting: 0, aborted: 1 });
  });

  test("fails when a resize leaves no room for one ahead of it beside what it keeps", async () => {
    const semaphore = new GuardedSemaphore(4);
    const other = await semaphore.acquire(3);
    const gate = deferred();
    const doomed = semaphore.use(1, async () => {
      await gate.promise;
      await semaphore.acquire(1);
    });
    await macrotask();
    const ahead = semaphore.acquire(3);
    gate.resolve();
    await macrotask();
    expect(semaphore.waiting).toBe(2);
    semaphore.resize(3);
    await expect(doomed).rejects.toEqual(nested({ weight: 1, held: 1, capacity: 3, behind: 3 }));
    other.release();
    (await ahead).release();
  });

  test("is told of what makes no sense first", async () => {
    const semaphore = new GuardedSemaphore(2, { maxWaiting: 0 });
    await semaphore.use(1, async () => {
      await expect(semaphore.acquire(3)).rejects.toMatchObject({ code: "ERR_TOO_HEAVY" });
      await expect(semaphore.acquire(0)).rejects.toMatchObject({ code: "ERR_INVALID_VALUE" });
      await expect(semaphore.acquire(2)).rejects.toMatchObject({ code: "ERR_OVERLOADED" });
      await expect(semaphore.acquire(1, { signal: AbortSignal.abort("gone") })).rejects.toBe("gone");
      for (const options of [null, 5, { signal: null }, { signal: 5 }, { timeout: -1 }]) {
        const wait = semaphore.acquire(1, options as unknown as WaitOptions);
        await expect(wait).rejects.toMatchObject({ code: "ERR_INVALID_VALUE" });
      }
      semaphore.close();
      await expect(semaphore.acquire(2)).rejects.toMatchObject({ code: "ERR_CLOSED" });
    });
  });

  test("can still give up waiting, and leaves no listener behind", async () => {
    const semaphore = new GuardedSemaphore(2);
    const other = await semaphore.acquire(1);
    const caller = new AbortController();
    const { signal } = caller;
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    await semaphore.use(1, async () => {
      const aborted = semaphore.acquire(1, { signal });
      const late = semaphore.acquire(1, { timeout: 0 });
      caller.abort("enough");
      await expect(aborted).rejects.toBe("enough");
      await expect(late).rejects.toBeInstanceOf(WaitTimeoutError);
    });
    expect(added).toHaveBeenCalled();
    expect(removed.mock.calls).toEqual(added.mock.calls);
    other.release();
    expect(semaphore.snapshot()).toMatchObject({ held: 0, waiting: 0 });
  });

  test("leaves no listener behind when it need not wait", async () => {
    const semaphore = new GuardedSemaphore(2);
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    await semaphore.use(1, async () => (await semaphore.acquire(1, { signal })).release());
    expect(added).toHaveBeenCalledTimes(1);
    expect(removed.mock.calls).toEqual(added.mock.calls);
  });

  test("fails behind the heaviest of those ahead, wherever that one stands", async () => {
    const semaphore = new GuardedSemaphore(4);
    const gate = deferred();
    const task = semaphore.use(2, async () => {
      await gate.promise;
      await semaphore.acquire(2);
    });
    await macrotask();
    const [heavy, light] = [semaphore.acquire(4), semaphore.acquire(1)];
    gate.resolve();
    await expect(task).rejects.toEqual(nested({ weight: 2, held: 2, capacity: 4, behind: 4 }));
    (await heavy).release();
    (await light).release();
  });

  test("fails if it is detached from a task of another semaphore only", async () => {
    const [first, second] = [new GuardedSemaphore(1), new GuardedSemaphore(1)];
    const wait = first.use(1, () => second.detached(() => first.acquire(1)));
    await expect(wait).rejects.toEqual(nested({ weight: 1, held: 1 }));
  });

  test("is told in the same words by a semaphore without a name", async () => {
    const semaphore = new GuardedSemaphore(1);
    const wait = semaphore.use(1, () => semaphore.acquire(1));
    await expect(wait).rejects.toMatchObject({ name: "NestedAcquireError" });
    await expect(wait).rejects.toThrow(/^asked for 1 while the same task keeps 1 of 1, /);
  });
});

describe("nobody waits for itself, and nobody is accused of it", () => {
  test("when siblings of one parent take turns", async () => {
    const semaphore = new GuardedSemaphore(2);
    let done = 0;
    const task = async () => {
      await macrotask();
      done++;
    };
    await Promise.all(Array.from({ length: 8 }, () => semaphore.use(2, task)));
    const plain = async () => {
      await macrotask();
      const permit = await semaphore.acquire(2);
      await task();
      permit.release();
    };
    await Promise.all(Array.from({ length: 8 }, plain));
    await semaphore.detached(() => Promise.all([semaphore.use(2, task), semaphore.use(2, task)]));
    expect(done).toBe(18);
  });

  test("when siblings in a task share what the task leaves over", async () => {
    const semaphore = new GuardedSemaphore(3);
    const results = await semaphore.use(1, () =>
      Promise.all([1, 2, 3].map((n) => semaphore.use(2, () => macrotask().then(() => n)))),
    );
    expect(results).toEqual([1, 2, 3]);
  });

  test("when the permit is back before the next is asked for", async () => {
    const semaphore = new GuardedSemaphore(2);
    for (let turn = 0; turn < 3; turn++) (await semaphore.acquire(2)).release();
    await semaphore.use(2, async () => undefined);
    await semaphore.use(2, async (permit) => {
      permit.release();
      (await semaphore.acquire(2)).release();
    });
    expect(semaphore.held).toBe(0);
  });

  test("when somebody else gives the permit back, even while the task waits for more", async () => {
    const semaphore = new GuardedSemaphore(3);
    const permits: Permit[] = [];
    const other = await semaphore.acquire(2);
    const task = semaphore.use(1, async (permit) => {
      permits.push(permit);
      const wait = semaphore.acquire(2);
      await macrotask();
      return wait;
    });
    await macrotask();
    expect(semaphore.waiting).toBe(1);
    permits[0]?.release();
    semaphore.resize(2); // would doom it, if it still kept what is back already
    other.release();
    (await task).release();
    expect(semaphore.held).toBe(0);
  });

  test("when a permit is handed to a stream that gives it back later", async () => {
    const semaphore = new GuardedSemaphore(2);
    const streams: Promise<void>[] = [];
    for (let part = 0; part < 6; part++) {
      const permit = await semaphore.acquire(1);
      streams.push(macrotask().then(() => permit.release()));
    }
    await Promise.all(streams);
    expect(semaphore.snapshot()).toMatchObject({ held: 0, granted: 6 });
  });

  test("when parts were split off, or given back, since the task began", async () => {
    const semaphore = new GuardedSemaphore(4);
    await semaphore.use(4, async (permit) => {
      const part = permit.split(2);
      permit.shrink(1);
      const wait = semaphore.acquire(3);
      await macrotask();
      expect(semaphore.waiting).toBe(1);
      part.release();
      (await wait).release();
    });
    expect(semaphore.held).toBe(0);
  });

  test("when a time-out will take the heavy one ahead out of the line", async () => {
    const semaphore = new GuardedSemaphore(4);
    await semaphore.use(1, async () => {
      const late = semaphore.detached(() => semaphore.acquire(4, { timeout: 0 }));
      const mine = semaphore.acquire(1);
      await expect(late).rejects.toBeInstanceOf(WaitTimeoutError);
      (await mine).release();
    });
    expect(semaphore.snapshot()).toMatchObject({ held: 0, aborted: 0 });
  });

  test("when one ahead was granted, or turned away, in the same step", async () => {
    const semaphore = new GuardedSemaphore(4);
    await semaphore.use(1, async () => {
      const granted = semaphore.acquire(2);
      semaphore.resize(2);
      const mine = semaphore.acquire(1);
      await macrotask();
      expect(semaphore.waiting).toBe(1);
      (await granted).release();
      (await mine).release();
    });
    semaphore.resize(4);
    const other = await semaphore.acquire(2);
    await semaphore.use(1, async () => {
      const away = semaphore.detached(() => semaphore.acquire(4));
      semaphore.resize(3);
      const mine = semaphore.acquire(2);
      await expect(away).rejects.toMatchObject({ code: "ERR_TOO_HEAVY" });
      other.release();
      (await mine).release();
    });
    expect(semaphore.snapshot()).toMatchObject({ held: 0, aborted: 0 });
  });

  test("when those ahead fail, or are turned away, by the same resize", async () => {
    const semaphore = new GuardedSemaphore(6);
    const other = await semaphore.acquire(3);
    const gate = deferred();
    const served = semaphore.use(1, async () => {
      await gate.promise;
      (await semaphore.acquire(2)).release();
    });
    const doomed = semaphore.use(1, () => semaphore.acquire(3));
    await macrotask();
    const away = semaphore.acquire(5);
    gate.resolve();
    await macrotask();
    expect(semaphore.waiting).toBe(3);
    semaphore.resize(3);
    await expect(doomed).rejects.toEqual(nested({ weight: 3, held: 1, capacity: 3, behind: undefined }));
    await expect(away).rejects.toMatchObject({ code: "ERR_TOO_HEAVY" });
    other.release();
    await served;
  });

  test("when what is kept is of another semaphore", async () => {
    const [first, second] = [new GuardedSemaphore(1), new GuardedSemaphore(1)];
    const other = await second.acquire();
    const both = first.use(1, () => second.use(1, () => "both"));
    await macrotask();
    expect(second.waiting).toBe(1);
    other.release();
    expect(await both).toBe("both");
  });

  test("when it was started in a task, and the task has settled since", async () => {
    const semaphore = new GuardedSemaphore(2);
    const gate = deferred();
    let late: Promise<Permit> | undefined;
    await semaphore.use(2, () => {
      late = gate.promise.then(() => semaphore.acquire(2));
    });
    gate.resolve();
    (await late)?.release();
    expect(semaphore.held).toBe(0);
  });

  test("when it is said that the task does not wait for what it starts", async () => {
    const semaphore = new GuardedSemaphore(2);
    let background: Promise<string> | undefined;
    await semaphore.use(2, async () => {
      background = semaphore.detached(() => semaphore.use(2, () => "served"));
      await macrotask();
    });
    expect(await background).toBe("served");
  });
});

describe("a permit that was not taken by `use`", () => {
  test("is counted while a task is said to hold it", async () => {
    const semaphore = new GuardedSemaphore(2);
    const permit = await semaphore.acquire(2);
    await expect(semaphore.holding(permit, async () => semaphore.acquire(1))).rejects.toEqual(
      nested({ weight: 1, held: 2 }),
    );
    permit.release();
    const tried = semaphore.tryAcquire(2);
    if (!tried) throw new Error("there was room");
    const outcome = semaphore.holding(tried, () => semaphore.acquire(1));
    await expect(outcome).rejects.toEqual(nested({ held: 2 }));
    expect(semaphore.holding(tried, () => "as it returns")).toBe("as it returns");
    tried.release();
    expect(semaphore.held).toBe(0);
  });
});

test("a guarded semaphore is a semaphore, and a budget with all that belongs to one", async () => {
  const budget = new GuardedSemaphore("1KiB", { name: "guarded", maxWaiting: 1 });
  expect(budget).toBeInstanceOf(Semaphore);
  expect(budget).toBeInstanceOf(MemoryBudget);
  expect(budget.snapshot()).toMatchObject({ name: "guarded", capacity: 1_024 });
  watchPressure(budget)[Symbol.dispose]();
});

test("a chain of tasks that start each other keeps no list of those that have ended", async () => {
  const semaphore = new GuardedSemaphore(2);
  const run = vi.spyOn(AsyncLocalStorage.prototype, "run");
  let next: Promise<void> | undefined;
  const step = async (left: number): Promise<void> => {
    await macrotask();
    if (left > 0) next = semaphore.use(1, () => step(left - 1));
  };
  await semaphore.use(1, () => step(20));
  for (let last: typeof next; last !== next; ) {
    last = next;
    await last;
  }
  const kept = run.mock.calls.map(([store]) => (store as unknown[]).length);
  run.mockRestore();
  expect(kept.length).toBe(21);
  expect(Math.max(...kept)).toBeLessThanOrEqual(2);
});
