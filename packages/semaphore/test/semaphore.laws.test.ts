import { semaphoreLaws } from "@sluice/laws";
import { Semaphore } from "@sluice/semaphore";
import { GuardedSemaphore } from "@sluice/semaphore/node";
import { test } from "vitest";

// Mutation testing asks for few schedules, and the same ones for every mutant.
const { SLUICE_LAW_RUNS: runs, SLUICE_LAW_SEED: seed } = process.env;
const effort = { runs: runs ? Number(runs) : undefined, seed: seed ? Number(seed) : undefined };

for (const { id, says, waived, run } of semaphoreLaws(
  (capacity, options) => new Semaphore(capacity, options),
)) {
  test(`${id}: ${says}`, (t) => (waived ? t.skip(waived) : run(effort)));
}

for (const { id, says, waived, run } of semaphoreLaws(
  (capacity, options) => new GuardedSemaphore(capacity, { ...options, onLeak: () => undefined }),
)) {
  test(`${id}, guarded and watched for leaks: ${says}`, (t) => (waived ? t.skip(waived) : run()));
}
