import { Semaphore } from "@sluice/semaphore";
import { afterEach, describe, expect, test, vi } from "vitest";

afterEach(() => {
  vi.useRealTimers();
});

const NOTHING_YET = {
  name: undefined,
  capacity: 4,
  held: 0,
  peakHeld: 0,
  waiting: 0,
  waitingWeight: 0,
  granted: 0,
  shed: 0,
  timedOut: 0,
  aborted: 0,
  waitMs: 0,
};

test("the snapshot of a new semaphore is all zero but its capacity", () => {
  expect(new Semaphore(4).snapshot()).toEqual(NOTHING_YET);
});

test("the snapshot counts what has happened, and keeps the most that was ever held", async () => {
  vi.useFakeTimers();
  const semaphore = new Semaphore(4, { name: "parts", maxWaiting: 2 });
  const all = await semaphore.acquire(3);
  const stop = new AbortController();
  const aborted = semaphore.acquire(2, { signal: stop.signal });
  const waiting = semaphore.acquire(4);
  await expect(semaphore.acquire()).rejects.toMatchObject({ code: "ERR_OVERLOADED", waiting: 2 });
  const { waitMs, ...before } = semaphore.snapshot();
  expect(before).toEqual({
    name: "parts",
    capacity: 4,
    held: 3,
    peakHeld: 3,
    waiting: 2,
    waitingWeight: 6,
    granted: 1,
    shed: 1,
    timedOut: 0,
    aborted: 0,
  });
  stop.abort("no");
  await expect(aborted).rejects.toBe("no");
  all.release();
  (await waiting).release();
  semaphore.tryAcquire()?.release();
  expect(semaphore.snapshot()).toMatchObject({
    held: 0,
    peakHeld: 4,
    waiting: 0,
    waitingWeight: 0,
    granted: 3,
    shed: 1,
    aborted: 1,
  });
  expect(waitMs).toBe(0);
});

describe("the time during which somebody waits", () => {
  test("counts once, however many wait at once", async () => {
    vi.useFakeTimers();
    const semaphore = new Semaphore(1);
    const holder = await semaphore.acquire();
    vi.advanceTimersByTime(100);
    const first = semaphore.acquire();
    vi.advanceTimersByTime(20);
    const second = semaphore.acquire();
    vi.advanceTimersByTime(10);
    holder.release();
    vi.advanceTimersByTime(5);
    (await first).release();
    vi.advanceTimersByTime(40);
    (await second).release();
    expect(semaphore.snapshot().waitMs).toBe(20 + 10 + 5);
  });

  test("counts until whoever waits gives up, and leaves out the pauses in which nobody does", async () => {
    vi.useFakeTimers();
    const semaphore = new Semaphore(1);
    const holder = await semaphore.acquire();
    const late = expect(semaphore.acquire(1, { timeout: 30 })).rejects.toMatchObject({ timeout: 30 });
    vi.advanceTimersByTime(30);
    await late;
    expect(semaphore.snapshot().waitMs).toBe(30);
    vi.advanceTimersByTime(1_000);
    const granted = semaphore.acquire();
    vi.advanceTimersByTime(7);
    holder.release();
    (await granted).release();
    vi.advanceTimersByTime(1_000);
    await semaphore.use(1, () => undefined);
    expect(semaphore.snapshot().waitMs).toBe(30 + 7);
  });

  test("is brought up to date at each 64th grant while the line is never empty", async () => {
    vi.useFakeTimers();
    const semaphore = new Semaphore(1);
    let holder = await semaphore.acquire();
    const line = Array.from({ length: 130 }, () => semaphore.acquire());
    const seen: number[] = [];
    for (const next of line) {
      vi.advanceTimersByTime(1);
      holder.release();
      holder = await next;
      const { waitMs } = semaphore.snapshot();
      if (waitMs !== seen.at(-1)) seen.push(waitMs);
    }
    // The holder's grant was the first; when the last one is granted nobody waits.
    expect(seen).toEqual([0, 63, 127, 130]);
  });

  test("is none where nobody does, whatever else happens", async () => {
    const semaphore = new Semaphore(2);
    const permit = await semaphore.acquire();
    const idle = semaphore.whenIdle();
    semaphore.resize(3);
    permit.release();
    await idle;
    semaphore.close();
    expect(semaphore.snapshot().waitMs).toBe(0);
  });
});
