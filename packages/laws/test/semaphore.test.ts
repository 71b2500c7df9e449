import { acquitted, ReferenceSemaphore, SEMAPHORE_LAWS, semaphoreLaws } from "@sluice/laws";
import { expect, test } from "vitest";

for (const law of SEMAPHORE_LAWS) {
  test(`every sinner of ${law.id} is convicted by it`, async () => {
    expect(law.sinners.length).toBeGreaterThan(0);
    expect(await acquitted(law)).toEqual([]);
  });
}

for (const { id, waived, run } of semaphoreLaws(
  (capacity, options) => new ReferenceSemaphore(capacity, options),
)) {
  if (waived === undefined) test(`the twin of the semaphore is acquitted of ${id}`, () => run());
}
