import { expect, test } from "vitest";
import { plan } from "../src/plan.js";
import { sizeText } from "../src/size-text.js";
import { MiB } from "./harness.js";

const GiB = 1024 * MiB;

test.each([
  [{ budget: 64 * MiB }, { slots: 4, partSize: 8 * MiB }],
  [{ budget: 24 * MiB }, { slots: 4, partSize: 6 * MiB }],
  [{ budget: 12 * MiB }, { slots: 2, partSize: 6 * MiB }],
  [{ budget: 5 * MiB }, { slots: 1, partSize: 5 * MiB }],
  [
    { budget: 64 * MiB, slots: 8 },
    { slots: 8, partSize: 8 * MiB },
  ],
  [
    { budget: 64 * MiB, partSize: 32 * MiB },
    { slots: 2, partSize: 32 * MiB },
  ],
  [
    { budget: 64 * MiB, length: 200 * GiB },
    { slots: 3, partSize: 21 * MiB },
  ],
])("of %o becomes %o", (wish, parts) => {
  expect(plan(wish)).toEqual(parts);
});

test("parts are never so small that a known length needs more than 10,000", () => {
  for (const length of [1, GiB, 79 * GiB, 300 * GiB, 2000 * GiB]) {
    const { partSize } = plan({ budget: GiB, length });
    expect(Math.ceil(length / partSize)).toBeLessThanOrEqual(10_000);
  }
});

test("the working set of what is derived fits the budget", () => {
  for (let budget = 5 * MiB; budget <= 80 * MiB; budget += 1.5 * MiB) {
    const { slots, partSize } = plan({ budget });
    expect(slots * partSize, sizeText(budget)).toBeLessThanOrEqual(budget);
  }
});
