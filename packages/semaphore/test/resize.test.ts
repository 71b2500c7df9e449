import { InvalidValueError, Semaphore, TooHeavyError } from "@sluice/semaphore";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

describe("resizing", () => {
  test("a larger capacity serves whoever fits now", async () => {
    const semaphore = new Semaphore(2);
    await semaphore.acquire(2);
    const wait = semaphore.acquire(2);
    semaphore.resize(4);
    expect((await wait).weight).toBe(2);
    expect(semaphore.snapshot()).toMatchObject({ capacity: 4, held: 4, waiting: 0 });
  });

  test("below what is held it takes nothing away, and grants nothing until enough is back", async () => {
    const semaphore = new Semaphore(4);
    const permits = [await semaphore.acquire(2), await semaphore.acquire(2)];
    semaphore.resize(1);
    expect([semaphore.held, semaphore.available, semaphore.capacity]).toEqual([4, 0, 1]);
    const wait = semaphore.acquire(1);
    permits[0]?.release();
    expect([semaphore.waiting, semaphore.available]).toEqual([1, 0]);
    permits[1]?.release();
    expect((await wait).weight).toBe(1);
  });

  test("who waits for more than there will be is refused at once, and whoever stands behind is served", async () => {
    const semaphore = new Semaphore(4, { name: "parts" });
    await semaphore.acquire(1);
    const heavy = semaphore.acquire(4);
    const light = semaphore.acquire(1);
    semaphore.resize(3);
    await expect(heavy).rejects.toBeInstanceOf(TooHeavyError);
    await expect(heavy).rejects.toMatchObject({ code: "ERR_TOO_HEAVY", weight: 4, capacity: 3 });
    expect((await light).weight).toBe(1);
    await expect(semaphore.acquire(4)).rejects.toMatchObject({
      message: "parts: asked for 4, but only 3 exist",
    });
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("a capacity of %s is refused", (capacity) => {
    const semaphore = new Semaphore(4);
    expect(() => semaphore.resize(capacity)).toThrow(InvalidValueError);
    expect(semaphore.capacity).toBe(4);
  });
});

describe("waiting until nothing is held", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("it is idle when the last permit is back, not while whoever waited holds one", async () => {
    const semaphore = new Semaphore(1);
    await semaphore.whenIdle();
    const first = await semaphore.acquire();
    const second = semaphore.acquire();
    const idle = vi.fn();
    const waits = [semaphore.whenIdle().then(idle), semaphore.whenIdle().then(idle)];
    first.release();
    const permit = await second;
    expect(idle).not.toHaveBeenCalled();
    permit.release();
    await Promise.all(waits);
    expect(idle).toHaveBeenCalledTimes(2);
  });

  test("who waits for it holds up nobody, and neither does who has given up", async () => {
    const semaphore = new Semaphore(3);
    const held = await semaphore.acquire();
    const stop = new AbortController();
    const idle = semaphore.whenIdle({ signal: stop.signal });
    const permits = [semaphore.tryAcquire(), await semaphore.acquire()];
    expect(permits.map((permit) => permit?.weight)).toEqual([1, 1]);
    stop.abort("enough");
    await expect(idle).rejects.toBe("enough");
    held.release();
    const again = semaphore.tryAcquire();
    expect(again?.weight).toBe(1);
    for (const permit of [...permits, again]) permit?.release();
    await semaphore.whenIdle();
  });

  test("a closed semaphore is idle when its last permit is back", async () => {
    const semaphore = new Semaphore(1);
    const permit = await semaphore.acquire();
    const idle = semaphore.whenIdle();
    semaphore.close();
    permit.release();
    await expect(idle).resolves.toBeUndefined();
    await expect(semaphore.whenIdle()).resolves.toBeUndefined();
  });

  test("the wait ends by an abort or a time-out, and leaves no listener, timer or count behind", async () => {
    const semaphore = new Semaphore(1);
    const permit = await semaphore.acquire();
    const stop = new AbortController();
    const removed = vi.spyOn(stop.signal, "removeEventListener");
    const aborted = semaphore.whenIdle({ signal: stop.signal });
    const late = expect(semaphore.whenIdle({ timeout: 20 })).rejects.toMatchObject({
      code: "ERR_WAIT_TIMEOUT",
    });
    stop.abort("enough");
    vi.advanceTimersByTime(20);
    await expect(aborted).rejects.toBe("enough");
    await late;
    expect(removed).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
    expect(semaphore.snapshot()).toMatchObject({ aborted: 0, timedOut: 0, waiting: 0 });
    permit.release();
    await expect(semaphore.whenIdle({ signal: stop.signal })).rejects.toBe("enough");
    await expect(semaphore.whenIdle({ timeout: -1 })).rejects.toBeInstanceOf(InvalidValueError);
  });
});
