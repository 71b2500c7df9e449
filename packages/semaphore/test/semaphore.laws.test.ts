import { type LawRun, type MakeSemaphore, semaphoreLaws } from "@sluice/laws";
import { Semaphore } from "@sluice/semaphore";
import { GuardedSemaphore } from "@sluice/semaphore/node";
import { test } from "vitest";

// Mutation testing asks for few schedules, the same ones for every mutant, and for nothing that the clock decides: on a
// busy machine that would convict whoever is there.
const asked = (name: string) => (process.env[name] ? Number(process.env[name]) : undefined);
const effort = {
  runs: asked("SLUICE_LAW_RUNS"),
  seed: asked("SLUICE_LAW_SEED"),
  operations: asked("SLUICE_LAW_OPERATIONS"),
};
const laws = (make: MakeSemaphore): LawRun[] =>
  semaphoreLaws(make).filter(({ kind }) => kind !== process.env.SLUICE_LAWS_WITHOUT);

for (const { id, says, waived, run } of laws((capacity, options) => new Semaphore(capacity, options))) {
  test(`${id}: ${says}`, (t) => (waived ? t.skip(waived) : run(effort)));
}

for (const { id, says, waived, run } of laws(
  (capacity, options) => new GuardedSemaphore(capacity, { ...options, onLeak: () => undefined }),
)) {
  test(`${id}, guarded and watched for leaks: ${says}`, (t) =>
    waived ? t.skip(waived) : run({ ...effort, operations: 2 }));
}
