import { InvalidValueError, MemoryBudget, Semaphore, type WaitOptions } from "@sluice/semaphore";
import { describe, expect, test } from "vitest";

// What callers without types pass.
const NO_COUNTS: readonly unknown[] = [
  Number.NaN,
  1.5,
  -1,
  0,
  Number.POSITIVE_INFINITY,
  2 ** 53,
  "3",
  3n,
  null,
  true,
  {},
  [3],
  Symbol("3"),
  () => 3,
];
const NO_OPTIONS: readonly unknown[] = [null, 5_000, "fast", false, () => ({})];
const NO_TIMEOUTS: readonly unknown[] = [
  Number.NaN,
  -1,
  Number.POSITIVE_INFINITY,
  2 ** 31,
  "5",
  5n,
  null,
  true,
  [],
  {},
];
const NO_SIGNALS: readonly unknown[] = [null, {}, "stop", 1, new EventTarget(), new AbortController()];

/** A full semaphore with one in line, so that whatever was let through would show. */
async function busy() {
  const semaphore = new Semaphore(4);
  const permit = await semaphore.acquire(4);
  const waiting = semaphore.acquire(2);
  return { semaphore, permit, waiting };
}

const refusalOf = (what: string, value: unknown) =>
  expect.objectContaining({ name: "InvalidValueError", code: "ERR_INVALID_VALUE", what, value });

describe("what is no count is refused by name, and changes nothing:", () => {
  test.each(NO_COUNTS)("a weight of %s", async (value) => {
    const { semaphore, permit, waiting } = await busy();
    const before = semaphore.snapshot();
    const weight = value as number;
    const refusal = refusalOf("weight", value);
    await expect(semaphore.acquire(weight)).rejects.toEqual(refusal);
    await expect(semaphore.use(weight, () => 1)).rejects.toEqual(refusal);
    expect(() => semaphore.tryAcquire(weight)).toThrow(refusal);
    expect(() => permit.split(weight)).toThrow(refusal);
    expect(() => permit.shrink(weight)).toThrow(refusal);
    expect(semaphore.snapshot()).toEqual(before);
    permit.release();
    expect((await waiting).weight).toBe(2);
  });

  test.each(NO_COUNTS)("a capacity of %s", async (value) => {
    const { semaphore } = await busy();
    const before = semaphore.snapshot();
    const refusal = refusalOf("capacity", value);
    expect(() => semaphore.resize(value as number)).toThrow(refusal);
    expect(semaphore.snapshot()).toEqual(before);
    expect(() => new Semaphore(value as number)).toThrow(refusal);
    if (typeof value !== "string") expect(() => new MemoryBudget(value as number)).toThrow(refusal);
  });

  test.each(NO_COUNTS.filter((value) => value !== 0 && value !== Number.POSITIVE_INFINITY))(
    "a maxWaiting of %s",
    (value) => {
      const make = () => new Semaphore(1, { maxWaiting: value as number });
      expect(make).toThrow(refusalOf("maxWaiting", value));
    },
  );
});

describe("what a wait cannot understand is refused by name, and nobody is left in line:", () => {
  const everyWait = async (options: unknown, refusal: unknown) => {
    const { semaphore, permit, waiting } = await busy();
    const before = semaphore.snapshot();
    await expect(semaphore.acquire(1, options as WaitOptions)).rejects.toEqual(refusal);
    await expect(semaphore.use(1, () => 1, options as WaitOptions)).rejects.toEqual(refusal);
    await expect(semaphore.whenIdle(options as WaitOptions)).rejects.toEqual(refusal);
    expect(semaphore.snapshot()).toEqual(before);
    permit.release();
    (await waiting).release();
    expect(semaphore.held).toBe(0);
    await expect(semaphore.acquire(1, options as WaitOptions)).rejects.toEqual(refusal);
    expect(semaphore.held).toBe(0);
  };

  test.each(NO_OPTIONS)("options that are %s", async (value) => {
    await everyWait(value, refusalOf("options", value));
    expect(() => new Semaphore(1, value as object)).toThrow(refusalOf("options", value));
  });

  test.each(NO_TIMEOUTS)("a timeout of %s", async (value) => {
    await everyWait({ timeout: value }, refusalOf("timeout", value));
  });

  test.each(NO_SIGNALS)("a signal that is %s", async (value) => {
    await everyWait({ signal: value }, refusalOf("signal", value));
  });
});

describe("leaving out is not nonsense:", () => {
  test("undefined weights, options, signals and time-outs stand for the defaults", async () => {
    const semaphore = new Semaphore(3, { name: undefined, maxWaiting: undefined });
    const permit = await semaphore.acquire(undefined, undefined);
    expect(permit.weight).toBe(1);
    expect((await semaphore.acquire(1, { signal: undefined, timeout: undefined })).weight).toBe(1);
    expect(semaphore.tryAcquire(undefined)?.weight).toBe(1);
  });

  test("an unbounded line can be said aloud", async () => {
    const semaphore = new Semaphore(1, { maxWaiting: Number.POSITIVE_INFINITY });
    const holder = await semaphore.acquire();
    const waits = Array.from({ length: 100 }, () => semaphore.acquire());
    holder.release();
    for (const wait of waits) (await wait).release();
  });
});

test.each([
  ["a long text", "x".repeat(10_000)],
  ["a long bigint", 10n ** 5_000n],
  ["a long function", new Function(`/* ${"x".repeat(10_000)} */`)],
  ["an object that cannot be shown", Object.create(null)],
  ["a function that cannot be shown", Object.assign(() => 1, { toString: () => ({}) })],
])("%s as a weight makes no long line in a log", (_what, value) => {
  const { message } = new InvalidValueError("weight", value, "a safe integer of at least 1");
  expect(message).toMatch(/^weight must be a safe integer of at least 1, got ./);
  expect(message.length).toBeLessThan(150);
});
