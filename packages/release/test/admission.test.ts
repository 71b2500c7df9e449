import { admission } from "@sluice/release/express";
import { MemoryBudget } from "@sluice/semaphore";
import { expect, test } from "vitest";

const RIGHT = { budget: new MemoryBudget(1), weigh: () => 1 };
const LONGEST = 2 ** 31 - 1;

const refusal = (options: object): unknown => {
  try {
    return admission(options as never);
  } catch (error) {
    return error;
  }
};

test.each([
  ["options", undefined],
  ["options", null],
  ["options", "text"],
])("%s that are %s are refused", (what, options) => {
  expect(() => admission(options as never)).toThrow(
    expect.objectContaining({
      code: "ERR_INVALID_VALUE",
      what,
      value: options,
      expected: "an object",
    }) as never,
  );
});

const COUNT = (unit: string) => `a whole number of ${unit}`;
const TIME = (least: number) => `whole milliseconds from ${least} to ${LONGEST}`;

test.each([
  ["budget", [undefined, null, {}, { acquire: 1 }], "something to acquire from"],
  ["weigh", [undefined, 1], "a function"],
  ["timeout", [-1, 0.5, Number.NaN, LONGEST + 1, "5"], TIME(0)],
  ["idleTimeout", [0, -1, 1.5, Number.NaN, LONGEST + 1], TIME(1)],
  ["lifetime", [0, -1, 1.5, Number.NaN, LONGEST + 1], TIME(1)],
  ["retryAfter", [-1, 0.5, Number.NaN, "5", null], COUNT("seconds")],
  ["maxBody", [-1, 0.5, Number.NaN, "5", null, Number.POSITIVE_INFINITY], COUNT("bytes")],
] as const)("%s is refused when it makes no sense", (what, wrong, expected) => {
  for (const value of wrong) {
    expect(refusal({ ...RIGHT, [what]: value })).toMatchObject({ code: "ERR_INVALID_VALUE", what, expected });
  }
});

test("what makes sense is taken, from the least to the most", () => {
  for (const options of [
    {},
    { timeout: 0, retryAfter: 0, maxBody: 0, idleTimeout: 1, lifetime: 1 },
    { timeout: LONGEST, idleTimeout: LONGEST, lifetime: LONGEST },
    {
      timeout: undefined,
      retryAfter: undefined,
      maxBody: undefined,
      idleTimeout: undefined,
      lifetime: undefined,
    },
  ]) {
    expect(refusal({ ...RIGHT, ...options })).toBeTypeOf("function");
  }
});
