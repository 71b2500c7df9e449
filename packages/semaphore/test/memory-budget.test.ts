import { MemoryBudget, parseBytes } from "@sluice/semaphore";
import { expect, test } from "vitest";

test.each([
  ["64MiB", 67_108_864],
  ["1KiB", 1_024],
  ["1.5GiB", 1_610_612_736],
  ["2TiB", 2 * 2 ** 40],
  ["3kB", 3_000],
  ["5MB", 5_000_000],
  ["0.5GB", 500_000_000],
  ["4.1GB", 4_100_000_000],
  ["1.001kB", 1_001],
  ["0.015625MiB", 16_384],
])("%s is %d bytes", (size, bytes) => {
  expect(parseBytes(size)).toBe(bytes);
});

test.each([
  "64MB x",
  "64",
  "",
  "MiB",
  "64 MiB",
  "64mib",
  "64KB",
  "64TB",
  "-1MiB",
  "0MiB",
  "0.3KiB",
  "1e3MiB",
  "9999999999TiB",
  "9999999999999999.999999TiB",
  "1.0001kB",
  `${"9".repeat(400)}MiB`,
])("%j is refused with an error that names it", (size) => {
  let refusal: unknown;
  try {
    parseBytes(size);
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toBeInstanceOf(RangeError);
  expect(refusal).toMatchObject({ code: "ERR_INVALID_VALUE", what: "size", value: size });
  expect((refusal as Error).message).toContain(JSON.stringify(size.slice(0, 80)).slice(0, -1));
  expect((refusal as Error).message.length).toBeLessThan(250);
});

test.each([undefined, null, 64, {}, Object.create(null)])("what is no text is refused too", (size) => {
  expect(() => parseBytes(size as string)).toThrow(RangeError);
});

test("a budget takes its bytes as a number or as a text", async () => {
  expect(new MemoryBudget(10).capacity).toBe(10);
  const budget = new MemoryBudget("1KiB", { name: "uploads", maxWaiting: 3 });
  const permit = await budget.acquire(1_000);
  expect(budget.snapshot()).toMatchObject({ name: "uploads", capacity: 1_024, held: 1_000, peakHeld: 1_000 });
  permit.release();
});

test.each([0, -1, Number.NaN, Number.MAX_SAFE_INTEGER + 1, "64MB x"])(
  "a budget of %s is refused",
  (bytes) => {
    expect(() => new MemoryBudget(bytes)).toThrow(RangeError);
  },
);
