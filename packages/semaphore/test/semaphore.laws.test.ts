import { semaphoreLaws } from "@sluice/laws";
import { Semaphore } from "@sluice/semaphore";
import { GuardedSemaphore } from "@sluice/semaphore/node";
import { test } from "vitest";

// Mutation testing asks for few schedules, and the same ones for every mutant.
const asked = (name: string) => (process.env[name] ? Number(process.env[name]) : undefined);
const effort = {
  runs: asked("SLUICE_LAW_RUNS"),
  seed: asked("SLUICE_LAW_SEED"),
  operations: asked("SLUICE_LAW_OPERATIONS"),
};

for (const { id, says, waived, run } of semaphoreLaws(
  (capacity, options) => new Semaphore(capacity, options),
)) {
  test(`${id}: ${says}`, (t) => (waived ? t.skip(waived) : run(effort)));
}

for (const { id, says, waived, run } of semaphoreLaws(
  (capacity, options) => new GuardedSemaphore(capacity, { ...options, onLeak: () => undefined }),
)) {
  test(`${id}, guarded and watched for leaks: ${says}`, (t) =>
    waived ? t.skip(waived) : run({ ...effort, operations: 2 }));
}
