import { Semaphore } from "@sluice/semaphore";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("a signal that a wait has ended on is heard by the next wait on it", async () => {
  const semaphore = new Semaphore(1);
  const stop = new AbortController();
  const holder = await semaphore.acquire();
  const granted = semaphore.acquire(1, { signal: stop.signal });
  holder.release();
  await granted;
  const aborted = semaphore.acquire(1, { signal: stop.signal });
  stop.abort("enough");
  await expect(aborted).rejects.toBe("enough");
});

test("a time-out that a wait was granted within ends the next wait of the same length", async () => {
  const semaphore = new Semaphore(1);
  const holder = await semaphore.acquire();
  const granted = semaphore.acquire(1, { timeout: 50 });
  holder.release();
  await granted;
  const late = expect(semaphore.acquire(1, { timeout: 50 })).rejects.toMatchObject({ timeout: 50 });
  vi.advanceTimersByTime(50);
  await late;
  expect(vi.getTimerCount()).toBe(0);
});

test("a line that most have left keeps its order and its places while others come", async () => {
  const semaphore = new Semaphore(1);
  let holder = await semaphore.acquire();
  const leave = new AbortController();
  const signals = [undefined, new AbortController(), new AbortController()];
  const [first, gone, last] = signals.map((stop) => {
    const wait = semaphore.acquire(1, stop && { signal: stop.signal });
    if (stop === signals[1])
      for (let n = 0; n < 13; n++) semaphore.acquire(1, { signal: leave.signal }).catch(() => undefined);
    return wait;
  });
  leave.abort();
  const others = Array.from({ length: 40 }, () => semaphore.acquire());
  signals[1]?.abort("gone");
  await expect(gone).rejects.toBe("gone");
  expect(semaphore.waiting).toBe(42);
  const order: number[] = [];
  for (const [n, wait] of [first!, last!, ...others].entries()) {
    holder.release();
    holder = await wait;
    order.push(n);
    expect(semaphore.waiting).toBe(41 - n);
  }
  expect(order).toHaveLength(42);
});

test("a wait that came one millisecond later ends one millisecond later", async () => {
  const semaphore = new Semaphore(1);
  await semaphore.acquire();
  const first = expect(semaphore.acquire(1, { timeout: 50 })).rejects.toMatchObject({ timeout: 50 });
  vi.advanceTimersByTime(1);
  const second = expect(semaphore.acquire(1, { timeout: 50 })).rejects.toMatchObject({ timeout: 50 });
  vi.advanceTimersByTime(49);
  expect(semaphore.snapshot()).toMatchObject({ timedOut: 1, waiting: 1 });
  vi.advanceTimersByTime(1);
  expect(semaphore.snapshot()).toMatchObject({ timedOut: 2, waiting: 0 });
  await Promise.all([first, second]);
});

test("all who still wait are told of a close, around the place of one who left", async () => {
  const semaphore = new Semaphore(1);
  await semaphore.acquire();
  const stop = new AbortController();
  const [first, gone, last] = [
    semaphore.acquire(),
    semaphore.acquire(1, { signal: stop.signal }),
    semaphore.acquire(),
  ];
  stop.abort("gone");
  semaphore.close();
  await expect(gone).rejects.toBe("gone");
  for (const wait of [first, last]) await expect(wait).rejects.toMatchObject({ code: "ERR_CLOSED" });
  expect(semaphore.waiting).toBe(0);
});

test("a wait on what is no signal is refused, and told what would be one", async () => {
  const wait = new Semaphore(1).acquire(1, { signal: {} as AbortSignal });
  await expect(wait).rejects.toMatchObject({ what: "signal", expected: "an AbortSignal" });
});
