import { acquitted, ReferenceSemaphore, SEMAPHORE_LAWS, semaphoreLaws } from "@sluice/laws";
import { expect, test } from "vitest";
import { QuickSemaphore } from "../src/semaphore/quick-semaphore.js";

// Milliseconds: tens of thousands of schedules, on machines that have other things to do.
const PATIENCE = 240_000;

for (const law of SEMAPHORE_LAWS) {
  test(
    `every sinner of ${law.id} is convicted by it`,
    async () => {
      expect(law.sinners.length).toBeGreaterThan(0);
      expect(await acquitted(law)).toEqual([]);
    },
    PATIENCE,
  );
}

// The twin is slow on purpose.
for (const { id, run } of semaphoreLaws(
  (capacity, options) => new ReferenceSemaphore(capacity, options),
).filter(({ id }) => id !== "M9")) {
  test(
    `the twin of the semaphore is acquitted of ${id}, in all schedules that there are`,
    async () => {
      const law = SEMAPHORE_LAWS.find((one) => one.id === id);
      expect(await run()).toEqual({ walked: law?.walks ?? 0, random: 100 });
    },
    PATIENCE,
  );
}

test(
  "a semaphore whose costs do not grow is acquitted of M9",
  async () => {
    const runs = semaphoreLaws((capacity, options) => new QuickSemaphore(capacity, options));
    expect(await runs.find(({ id }) => id === "M9")?.run()).toBeDefined();
  },
  PATIENCE,
);
