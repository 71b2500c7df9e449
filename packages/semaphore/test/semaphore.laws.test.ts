import { semaphoreLaws } from "@sluice/laws";
import { Semaphore } from "@sluice/semaphore";
import { GuardedSemaphore } from "@sluice/semaphore/node";
import { test } from "vitest";

for (const { id, says, waived, run } of semaphoreLaws(
  (capacity, options) => new Semaphore(capacity, options),
)) {
  test(`${id}: ${says}`, (t) => (waived ? t.skip(waived) : run()));
}

for (const { id, says, waived, run } of semaphoreLaws(
  (capacity, options) => new GuardedSemaphore(capacity, { ...options, onLeak: () => undefined }),
)) {
  test(`${id}, guarded and watched for leaks: ${says}`, (t) => (waived ? t.skip(waived) : run()));
}
