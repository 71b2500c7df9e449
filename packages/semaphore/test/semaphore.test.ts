import {
  ClosedError,
  InvalidValueError,
  OverloadedError,
  Semaphore,
  TooHeavyError,
  WaitTimeoutError,
} from "@sluice/semaphore";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

/** Which of the promises have settled, after everything that can happen now has happened. */
async function settledOf(promises: readonly Promise<unknown>[]): Promise<boolean[]> {
  const settled = promises.map(() => false);
  promises.forEach((promise, i) => {
    const mark = () => {
      settled[i] = true;
    };
    promise.then(mark, mark);
  });
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  return settled;
}

describe("what is lent", () => {
  test("a permit is granted at once while it fits, and gives its weight back once", async () => {
    const semaphore = new Semaphore(5);
    const permit = await semaphore.acquire(3);
    expect([semaphore.held, semaphore.available, permit.weight, permit.released]).toEqual([3, 2, 3, false]);
    permit.release();
    permit.release();
    expect([semaphore.held, permit.released]).toEqual([0, true]);
  });

  test("a permit gives back by `using`", () => {
    const semaphore = new Semaphore(1);
    const permit = semaphore.tryAcquire();
    permit?.[Symbol.dispose]();
    expect(semaphore.held).toBe(0);
  });

  test("one release serves all who fit, in the order of arrival", async () => {
    const semaphore = new Semaphore(3);
    const all = await semaphore.acquire(3);
    const order: number[] = [];
    const waits = [1, 2, 3].map((n) => semaphore.acquire(1).then(() => order.push(n)));
    all.release();
    await Promise.all(waits);
    expect(order).toEqual([1, 2, 3]);
    expect(semaphore.held).toBe(3);
  });

  test("a heavy head holds back lighter requests, also those that only try", async () => {
    const semaphore = new Semaphore(3);
    const two = await semaphore.acquire(2);
    const heavy = semaphore.acquire(3);
    const light = semaphore.acquire(1);
    expect(await settledOf([heavy, light])).toEqual([false, false]);
    expect(semaphore.tryAcquire(1)).toBeUndefined();
    two.release();
    (await heavy).release();
    expect((await light).weight).toBe(1);
  });

  test("`use` has the permit back when it returns, if the task is no wait", () => {
    const semaphore = new Semaphore(1);
    for (const answer of [undefined, null, 5, "five"]) {
      void semaphore.use(1, () => answer);
      expect(semaphore.held).toBe(0);
    }
  });

  test("`use` gives the permit back whether the task succeeds or throws", async () => {
    const semaphore = new Semaphore(2);
    await expect(semaphore.use(2, (permit) => permit.weight)).resolves.toBe(2);
    const boom = new Error("boom");
    await expect(
      semaphore.use(1, () => {
        throw boom;
      }),
    ).rejects.toBe(boom);
    expect(semaphore.held).toBe(0);
  });
});

describe("leaving the line", () => {
  test("an abort rejects with the caller's own reason and serves whoever fits now", async () => {
    const semaphore = new Semaphore(2);
    await semaphore.acquire(1);
    const stop = new AbortController();
    const heavy = semaphore.acquire(2, { signal: stop.signal });
    const light = semaphore.acquire(1);
    stop.abort("enough");
    await expect(heavy).rejects.toBe("enough");
    expect((await light).weight).toBe(1);
    expect(semaphore.snapshot()).toMatchObject({ waiting: 0, aborted: 1, held: 2 });
  });

  test("an abort takes away all who wait on the signal before anybody is served", async () => {
    const semaphore = new Semaphore(2);
    await semaphore.acquire(1);
    const stop = new AbortController();
    const [heavy, light] = [2, 1].map((weight) => semaphore.acquire(weight, { signal: stop.signal }));
    const other = semaphore.acquire(1);
    stop.abort("both");
    await expect(heavy).rejects.toBe("both");
    await expect(light).rejects.toBe("both");
    expect((await other).weight).toBe(1);
  });

  test("an abort that others listen to as well is heard by every semaphore that waits on it", async () => {
    const stop = new AbortController();
    const heard = vi.fn();
    stop.signal.addEventListener("abort", heard);
    const waits = [1, 2].map(async () => {
      const semaphore = new Semaphore(1);
      await semaphore.acquire();
      await semaphore.acquire(1, { signal: stop.signal });
    });
    expect(await settledOf(waits)).toEqual([false, false]);
    stop.abort("all of you");
    await expect(waits[0]).rejects.toBe("all of you");
    await expect(waits[1]).rejects.toBe("all of you");
    expect(heard).toHaveBeenCalledTimes(1);
  });

  test("an already aborted signal rejects at once, even if the weight would fit", async () => {
    const semaphore = new Semaphore(1);
    await expect(semaphore.acquire(1, { signal: AbortSignal.abort(7) })).rejects.toBe(7);
    expect(semaphore.held).toBe(0);
  });

  test("an abort after the grant takes nothing away", async () => {
    const semaphore = new Semaphore(1);
    const first = await semaphore.acquire();
    const stop = new AbortController();
    const second = semaphore.acquire(1, { signal: stop.signal });
    first.release();
    stop.abort();
    expect((await second).released).toBe(false);
  });

  test("any number of waits on one signal add one listener, which goes with the last of them", async () => {
    const semaphore = new Semaphore(1);
    const holder = await semaphore.acquire();
    const stop = new AbortController();
    const added = vi.spyOn(stop.signal, "addEventListener");
    const removed = vi.spyOn(stop.signal, "removeEventListener");
    const waits = Array.from({ length: 50 }, () => semaphore.acquire(1, { signal: stop.signal }));
    expect(added).toHaveBeenCalledTimes(1);
    holder.release();
    for (const wait of waits) (await wait).release();
    expect(removed).toHaveBeenCalledTimes(1);
  });

  test("aborting one of 20,000 waiters disturbs none of the others", async () => {
    const semaphore = new Semaphore(1);
    const holder = await semaphore.acquire();
    const stop = new AbortController();
    const waits = Array.from({ length: 20_000 }, (_, i) =>
      semaphore.acquire(1, i === 9_999 ? { signal: stop.signal } : {}),
    );
    stop.abort("just this one");
    await expect(waits[9_999]).rejects.toBe("just this one");
    expect(semaphore.waiting).toBe(19_999);
    holder.release();
    for (const [i, wait] of waits.entries()) if (i !== 9_999) (await wait).release();
    expect(semaphore.snapshot()).toMatchObject({ held: 0, waiting: 0, granted: 20_000 });
  });
});

describe("time-outs", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("a wait rejects when its time is over, and its place is gone", async () => {
    const semaphore = new Semaphore(2);
    const one = await semaphore.acquire(1);
    const heavy = semaphore.acquire(2, { timeout: 50 });
    const light = semaphore.acquire(1);
    const refused = expect(heavy).rejects.toMatchObject({ code: "ERR_WAIT_TIMEOUT", timeout: 50 });
    vi.advanceTimersByTime(50);
    await refused;
    await expect(heavy).rejects.toBeInstanceOf(WaitTimeoutError);
    expect((await light).weight).toBe(1);
    one.release();
    expect(semaphore.snapshot()).toMatchObject({ timedOut: 1, waiting: 0 });
  });

  test("waits with the same time-out share one timer, and each keeps its own deadline", async () => {
    const semaphore = new Semaphore(1);
    const holder = await semaphore.acquire();
    const first = semaphore.acquire(1, { timeout: 100 });
    vi.advanceTimersByTime(60);
    const second = semaphore.acquire(1, { timeout: 100 });
    expect(vi.getTimerCount()).toBe(1);
    const outcomes = Promise.allSettled([first, second]);
    vi.advanceTimersByTime(40);
    expect(await settledOf([first, second])).toEqual([true, false]);
    vi.advanceTimersByTime(60);
    expect((await outcomes).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(vi.getTimerCount()).toBe(0);
    holder.release();
  });

  test("waits whose time is over together leave together, before anybody is served", async () => {
    const semaphore = new Semaphore(2);
    await semaphore.acquire(1);
    const outcomes = Promise.allSettled([2, 1].map((weight) => semaphore.acquire(weight, { timeout: 50 })));
    vi.advanceTimersByTime(50);
    expect((await outcomes).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(semaphore.held).toBe(1);
  });

  test("a grant leaves no timer behind", async () => {
    const semaphore = new Semaphore(1);
    const holder = await semaphore.acquire();
    const wait = semaphore.acquire(1, { timeout: 1_000 });
    holder.release();
    await wait;
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("refusals at the door", () => {
  test.each([Number.NaN, 1.5, 0, -1, Number.POSITIVE_INFINITY, 2 ** 53])(
    "a weight of %s is refused",
    async (weight) => {
      const semaphore = new Semaphore(4);
      await expect(semaphore.acquire(weight)).rejects.toBeInstanceOf(InvalidValueError);
      expect(() => semaphore.tryAcquire(weight)).toThrow(
        `weight must be a safe integer of at least 1, got ${weight}`,
      );
      expect(semaphore.held).toBe(0);
    },
  );

  test.each([Number.NaN, 0, -1, 1.5, 2 ** 53])("a capacity of %s is refused", (capacity) => {
    expect(() => new Semaphore(capacity)).toThrow(InvalidValueError);
  });

  test.each([Number.NaN, -1, 2 ** 31])("a time-out of %s is refused", async (timeout) => {
    await expect(new Semaphore(1).acquire(1, { timeout })).rejects.toMatchObject({
      code: "ERR_INVALID_VALUE",
    });
  });

  test("a weight that could never fit is refused at once and blocks nobody", async () => {
    const semaphore = new Semaphore(4, { name: "parts" });
    const refusal = semaphore.acquire(5);
    await expect(refusal).rejects.toBeInstanceOf(TooHeavyError);
    await expect(refusal).rejects.toBeInstanceOf(RangeError);
    await expect(refusal).rejects.toMatchObject({ code: "ERR_TOO_HEAVY", weight: 5, capacity: 4 });
    expect(semaphore.waiting).toBe(0);
  });

  test("a full line sheds one more at once, and changes nothing", async () => {
    const semaphore = new Semaphore(1, { maxWaiting: 1 });
    const holder = await semaphore.acquire();
    const wait = semaphore.acquire();
    await expect(semaphore.acquire()).rejects.toBeInstanceOf(OverloadedError);
    expect(semaphore.snapshot()).toMatchObject({ waiting: 1, shed: 1 });
    holder.release();
    expect((await wait).weight).toBe(1);
  });

  test("maxWaiting 0 never waits; nonsense is refused", async () => {
    const semaphore = new Semaphore(1, { maxWaiting: 0 });
    semaphore.tryAcquire();
    await expect(semaphore.acquire()).rejects.toMatchObject({ code: "ERR_OVERLOADED", waiting: 0 });
    expect(() => new Semaphore(1, { maxWaiting: -1 })).toThrow(InvalidValueError);
  });
});

describe("closing", () => {
  test("who waits and who comes is rejected with the reason as cause; live permits still give back", async () => {
    const semaphore = new Semaphore(1);
    const holder = await semaphore.acquire();
    const wait = semaphore.acquire();
    const why = new Error("shutting down");
    semaphore.close(why);
    semaphore.close("not heard");
    await expect(wait).rejects.toBeInstanceOf(ClosedError);
    await expect(wait).rejects.toMatchObject({ code: "ERR_CLOSED", cause: why });
    await expect(semaphore.acquire()).rejects.toMatchObject({ code: "ERR_CLOSED", cause: why });
    expect(() => semaphore.tryAcquire()).toThrow(ClosedError);
    holder.release();
    expect(semaphore.held).toBe(0);
  });
});
