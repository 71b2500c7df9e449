import { semaphoreLaws } from "@sluice/laws";
import { Semaphore } from "@sluice/semaphore";
import { test } from "vitest";

for (const { id, says, waived, run } of semaphoreLaws(
  (capacity, options) => new Semaphore(capacity, options),
)) {
  test(`${id}: ${says}`, (t) => (waived ? t.skip(waived) : run()));
}
