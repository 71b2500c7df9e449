import { InvalidValueError, ReleasedError, Semaphore } from "@sluice/semaphore";
import { describe, expect, test } from "vitest";

describe("dividing a permit", () => {
  test("a part that is split off is a permit of its own, and each gives back what it weighs", async () => {
    const semaphore = new Semaphore(10);
    const whole = await semaphore.acquire(10);
    const part = whole.split(4);
    expect([whole.weight, part.weight, semaphore.held]).toEqual([6, 4, 10]);
    whole.release();
    expect([semaphore.held, part.released]).toEqual([4, false]);
    part.split(1).release();
    expect(semaphore.held).toBe(3);
    part.release();
    expect(semaphore.snapshot()).toMatchObject({ held: 0, peakHeld: 10, granted: 1 });
  });

  test("what a permit shrinks by is free at once, and serves whoever fits", async () => {
    const semaphore = new Semaphore(10);
    const permit = await semaphore.acquire(10);
    const waits = [semaphore.acquire(3), semaphore.acquire(2)];
    permit.shrink(5);
    expect([permit.weight, semaphore.held, semaphore.waiting]).toEqual([5, 10, 0]);
    for (const wait of waits) (await wait).release();
    permit.shrink(5);
    permit.release();
    expect(semaphore.held).toBe(0);
  });

  test("a released permit is divided no more, and says so", async () => {
    const semaphore = new Semaphore(3);
    const permit = await semaphore.acquire(3);
    permit.release();
    expect(() => permit.split(1)).toThrow(ReleasedError);
    expect(() => permit.shrink(1)).toThrow(expect.objectContaining({ code: "ERR_RELEASED" }));
    expect([permit.weight, semaphore.held]).toEqual([3, 0]);
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 3, 2 ** 53])(
    "splitting %s off a permit of 3 is refused and changes nothing",
    (weight) => {
      const semaphore = new Semaphore(3);
      const permit = semaphore.tryAcquire(3);
      expect(() => permit?.split(weight)).toThrow(InvalidValueError);
      expect([permit?.weight, semaphore.held]).toEqual([3, 3]);
    },
  );

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 4, 2 ** 53])(
    "shrinking a permit of 3 to %s is refused and changes nothing",
    (weight) => {
      const semaphore = new Semaphore(3);
      const permit = semaphore.tryAcquire(3);
      expect(() => permit?.shrink(weight)).toThrow(
        `weight must be a safe integer from 1 to 3, got ${weight}`,
      );
      expect([permit?.weight, semaphore.held]).toEqual([3, 3]);
    },
  );
});
