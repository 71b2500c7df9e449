import { Channel } from "@sluice/channel";
import { channelLaws } from "@sluice/laws";
import { test } from "vitest";

// Mutation testing asks for few schedules, and the same ones for every mutant.
const asked = (name: string) => (process.env[name] ? Number(process.env[name]) : undefined);
const effort = {
  runs: asked("SLUICE_LAW_RUNS"),
  seed: asked("SLUICE_LAW_SEED"),
  operations: asked("SLUICE_LAW_OPERATIONS"),
};

for (const { id, says, waived, run } of channelLaws((options) => new Channel(options))) {
  test(`${id}: ${says}`, (t) => (waived ? t.skip(waived) : run(effort)));
}
