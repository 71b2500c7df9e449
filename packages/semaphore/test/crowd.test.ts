import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Permit, Semaphore } from "@sluice/semaphore";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

const MILLION = 1_000_000;
const MANY = 200_000;
const CROWD = 50_000;

async function settled(turns = 10): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await Promise.resolve();
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** MiB of the heap that are in use. A million who wait take more than a hundred. */
function used(): number {
  collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

describe("a crowd", () => {
  const warnings: Error[] = [];
  const warn = (warning: Error) => warnings.push(warning);
  beforeEach(() => {
    warnings.length = 0;
    process.on("warning", warn);
  });
  afterEach(async () => {
    // Node warns on the next tick.
    await new Promise<void>((resolve) => process.nextTick(resolve));
    process.off("warning", warn);
    expect(warnings).toEqual([]);
  });

  test("a million waiters are all served, in order, and leave nothing behind", async () => {
    const before = used();
    const semaphore = new Semaphore(1_000);
    const holders = Array.from({ length: 1_000 }, () => semaphore.tryAcquire() as Permit);
    let served = 0;
    let outOfOrder = 0;
    let last: Promise<unknown> = Promise.resolve();
    for (let n = 0; n < MILLION; n++) {
      last = semaphore.acquire().then((permit) => {
        if (n !== served++) outOfOrder++;
        permit.release();
      });
    }
    expect(semaphore.snapshot()).toMatchObject({ waiting: MILLION, waitingWeight: MILLION });
    for (const holder of holders) holder.release();
    await last;
    await settled();
    expect([served, outOfOrder]).toEqual([MILLION, 0]);
    expect(semaphore.snapshot()).toMatchObject({ held: 0, waiting: 0, waitingWeight: 0, peakHeld: 1_000 });
    expect(used() - before).toBeLessThan(20);
  }, 90_000);

  test("one release serves 200,000 who fit at once", async () => {
    const semaphore = new Semaphore(MANY);
    const whole = semaphore.tryAcquire(MANY);
    let served = 0;
    let last: Promise<unknown> = Promise.resolve();
    for (let n = 0; n < MANY; n++) last = semaphore.acquire().then(() => served++);
    whole?.release();
    expect([semaphore.waiting, semaphore.held]).toEqual([0, MANY]);
    await last;
    await settled();
    expect(served).toBe(MANY);
  });

  test("50,000 who wait on one signal add one listener, and leave together", async () => {
    const semaphore = new Semaphore(1);
    const holder = await semaphore.acquire();
    const stop = new AbortController();
    const added = vi.spyOn(stop.signal, "addEventListener");
    const waits = Array.from({ length: CROWD }, () => semaphore.acquire(1, { signal: stop.signal }));
    const behind = semaphore.acquire();
    expect(added).toHaveBeenCalledTimes(1);
    stop.abort("all of you");
    expect(semaphore.snapshot()).toMatchObject({ waiting: 1, aborted: CROWD, held: 1 });
    const outcomes = await Promise.allSettled(waits);
    expect(
      outcomes.every((outcome) => outcome.status === "rejected" && outcome.reason === "all of you"),
    ).toBe(true);
    holder.release();
    expect((await behind).weight).toBe(1);
  });

  test("50,000 who wait each on a signal of their own leave one by one, from anywhere in the line", async () => {
    const semaphore = new Semaphore(1);
    const holder = await semaphore.acquire();
    const stops = Array.from({ length: CROWD }, () => new AbortController());
    const waits = stops.map(({ signal }) => semaphore.acquire(1, { signal }));
    const outcomes = Promise.allSettled(waits);
    stops[CROWD / 2]?.abort(CROWD / 2);
    await expect(waits[CROWD / 2]).rejects.toBe(CROWD / 2);
    expect(semaphore.waiting).toBe(CROWD - 1);
    // The newest first, and every second only: the others stay.
    for (let n = CROWD - 1; n > 0; n -= 2) stops[n]?.abort(n);
    const left = CROWD / 2 - 1;
    expect(semaphore.waiting).toBe(left);
    holder.release();
    for (let n = 0; n < CROWD; n += 2) if (n !== CROWD / 2) (await waits[n])?.release();
    for (const [n, outcome] of (await outcomes).entries()) {
      if (outcome.status === "rejected") expect(outcome.reason).toBe(n);
    }
    expect(semaphore.snapshot()).toMatchObject({ held: 0, waiting: 0, granted: left + 1 });
  });

  test("whenIdle resolves for each of 50,000, once", async () => {
    const semaphore = new Semaphore(1);
    const holder = await semaphore.acquire();
    let idle = 0;
    const waits = Array.from({ length: CROWD }, () => semaphore.whenIdle().then(() => idle++));
    await settled();
    expect(idle).toBe(0);
    holder.release();
    await Promise.all(waits);
    expect(idle).toBe(CROWD);
  });
});

describe("time-outs", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("thousands with hundreds of different time-outs each end their own wait, at their own time", async () => {
    const semaphore = new Semaphore(1);
    const holder = await semaphore.acquire();
    const start = performance.now();
    const off: number[] = [];
    // 1 to 300 in an order that is not theirs: 7 has no common factor with 300.
    const waits = Array.from({ length: 6_000 }, (_, n) => {
      const timeout = ((n * 7) % 300) + 1;
      return semaphore.acquire(1, { timeout }).catch((error: { code: string; timeout: number }) => {
        expect(error).toMatchObject({ code: "ERR_WAIT_TIMEOUT", timeout });
        off.push(Math.abs(performance.now() - start - timeout));
      });
    });
    expect(vi.getTimerCount()).toBeLessThanOrEqual(300);
    await vi.advanceTimersByTimeAsync(150);
    expect(semaphore.snapshot()).toMatchObject({ waiting: 3_000, timedOut: 3_000 });
    await vi.advanceTimersByTimeAsync(150);
    await Promise.all(waits);
    expect([off.length, Math.max(...off) <= 1, vi.getTimerCount()]).toEqual([6_000, true, 0]);
    holder.release();
    expect(semaphore.held).toBe(0);
  });

  test("a time-out of 0 gives up in the next turn of the clock, and takes what is free", async () => {
    const semaphore = new Semaphore(1);
    const holder = await semaphore.acquire(1, { timeout: 0 });
    const refused = expect(semaphore.acquire(1, { timeout: 0 })).rejects.toMatchObject({ timeout: 0 });
    await vi.advanceTimersByTimeAsync(1);
    await refused;
    holder.release();
    expect(semaphore.snapshot()).toMatchObject({ held: 0, waiting: 0, timedOut: 1 });
  });

  test.each(["the grant", "the time-out"] as const)(
    "in one turn of the clock with a release, %s counts if it comes first, and only that",
    async (first) => {
      const semaphore = new Semaphore(1);
      const holder = await semaphore.acquire();
      const release = () => holder.release();
      if (first === "the grant") setTimeout(release, 10); // real time: none, the clock is a fake
      const wait = semaphore.acquire(1, { timeout: 10 });
      if (first === "the time-out") setTimeout(release, 10); // real time: none, the clock is a fake
      const outcome = wait.then(
        (permit) => permit,
        (error: { code: string }) => error.code,
      );
      vi.advanceTimersByTime(10);
      const answer = await outcome;
      if (typeof answer === "string") expect([first, answer]).toEqual(["the time-out", "ERR_WAIT_TIMEOUT"]);
      else {
        expect(first).toBe("the grant");
        answer.release();
      }
      expect(semaphore.snapshot()).toMatchObject({ held: 0, waiting: 0 });
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  test("a time-out and an abort at the same moment reject once, with whichever came first", async () => {
    const semaphore = new Semaphore(1);
    const holder = await semaphore.acquire();
    const stop = new AbortController();
    setTimeout(() => stop.abort("abort"), 10); // real time: none, the clock is a fake
    const wait = expect(semaphore.acquire(1, { timeout: 10, signal: stop.signal })).rejects.toBe("abort");
    vi.advanceTimersByTime(20);
    await wait;
    expect(semaphore.snapshot()).toMatchObject({ aborted: 1, timedOut: 0, waiting: 0 });
    holder.release();
  });
});
