import {
  ClosedError,
  checkWait,
  InvalidValueError,
  MemoryBudget,
  OverloadedError,
  parseBytes,
  ReleasedError,
  Semaphore,
  TooHeavyError,
  WaitTimeoutError,
} from "@sluice/semaphore";
import { describe, expect, test } from "vitest";

describe("every error has a name, a code, its facts as fields, and says them", () => {
  test.each<[Error, Record<string, unknown>, string]>([
    [
      new InvalidValueError("weight", 0, "at least 1"),
      {
        name: "InvalidValueError",
        code: "ERR_INVALID_VALUE",
        what: "weight",
        value: 0,
        expected: "at least 1",
      },
      "weight must be at least 1, got 0",
    ],
    [
      new TooHeavyError(9, 4),
      { name: "TooHeavyError", code: "ERR_TOO_HEAVY", weight: 9, capacity: 4 },
      "asked for 9, but only 4 exist",
    ],
    [new ClosedError(), { name: "ClosedError", code: "ERR_CLOSED" }, "closed"],
    [new ReleasedError(), { name: "ReleasedError", code: "ERR_RELEASED" }, "the permit has been released"],
    [
      new OverloadedError(7, 250),
      { name: "OverloadedError", code: "ERR_OVERLOADED", waiting: 7, retryAfter: 250 },
      "7 are waiting already",
    ],
    [
      new WaitTimeoutError(50),
      { name: "WaitTimeoutError", code: "ERR_WAIT_TIMEOUT", timeout: 50 },
      "gave up after waiting 50 ms",
    ],
  ])("%s", (error, facts, message) => {
    expect(error).toMatchObject(facts);
    expect(error.message).toBe(message);
  });

  test("the name of the semaphore comes first, if it has one", async () => {
    expect(new TooHeavyError(9, 4, "parts").message).toBe("parts: asked for 9, but only 4 exist");
    const semaphore = new Semaphore(1, { name: "parts", maxWaiting: 0 });
    semaphore.tryAcquire();
    await expect(semaphore.acquire()).rejects.toThrow(/^parts: 0 are waiting already$/);
    semaphore.close();
    await expect(semaphore.acquire()).rejects.toThrow(/^parts: closed$/);
  });

  test("a reason for closing is the cause; without one there is none", () => {
    expect(new ClosedError("why").cause).toBe("why");
    expect(new ClosedError(null).cause).toBeNull();
    expect(new ClosedError()).not.toHaveProperty("cause");
  });
});

test.each([
  ["x".repeat(200), `"${"x".repeat(80)}"`],
  ['a "quoted"\nline', '"a \\"quoted\\"\\nline"'],
  [Object.create(null), "object"],
  [[1, 2, 3], "object"],
  [null, "null"],
  [undefined, "undefined"],
  [10n, "10"],
  [Symbol("s"), "Symbol(s)"],
  [Number.NaN, "NaN"],
])("a bad value is shown in few words (%#)", (value, shown) => {
  expect(new InvalidValueError("size", value, "right").message).toBe(`size must be right, got ${shown}`);
});

describe("what would have been right", () => {
  test.each<[() => unknown, string]>([
    [() => new Semaphore(0), "capacity must be a safe integer of at least 1, got 0"],
    [() => new Semaphore(1, { maxWaiting: 0.5 }), "maxWaiting must be a safe integer of at least 0, got 0.5"],
    [
      () => new Semaphore(1, { maxWaiting: Number.NaN }),
      "maxWaiting must be a safe integer of at least 0, got NaN",
    ],
    [() => new Semaphore(1).resize(0), "capacity must be a safe integer of at least 1, got 0"],
    [() => checkWait({ timeout: -1 }), "timeout must be milliseconds from 0 to 2147483647, got -1"],
    [
      () => checkWait({ timeout: 2 ** 31 }),
      "timeout must be milliseconds from 0 to 2147483647, got 2147483648",
    ],
    [
      () => new MemoryBudget("64MB x"),
      'size must be whole bytes in KiB, MiB, GiB, TiB, kB, MB or GB, such as "64MiB", got "64MB x"',
    ],
  ])("%s", (act, message) => {
    expect(act).toThrow(expect.objectContaining({ code: "ERR_INVALID_VALUE", message }));
  });

  test("the shortest and the longest time-out are right, and so is none", () => {
    expect(() => checkWait({ timeout: 0 })).not.toThrow();
    expect(() => checkWait({ timeout: 2 ** 31 - 1 })).not.toThrow();
    expect(() => checkWait({ timeout: undefined, signal: undefined })).not.toThrow();
    expect(() => checkWait({})).not.toThrow();
  });
});

test.each([
  ["0.001kB", 1],
  ["1.25KiB", 1_280],
  ["1.500001MB", 1_500_001],
  ["9007199254740kB", 9_007_199_254_740_000],
  ["1234567890123456KiB", undefined],
  ["0000000000000001KiB", 1_024],
  ["00000000000000001KiB", undefined],
  ["1.0000000MB", undefined],
  ["1.MiB", undefined],
  [".5MiB", undefined],
  ["1..5MiB", undefined],
  ["1MiB ", undefined],
  [" 1MiB", undefined],
  ["1iB", undefined],
  ["1B", undefined],
  ["1MIB", undefined],
])("a size of %j is %s bytes", (size, bytes) => {
  if (bytes === undefined) expect(() => parseBytes(size)).toThrow(InvalidValueError);
  else expect(parseBytes(size)).toBe(bytes);
});
