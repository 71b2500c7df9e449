import { Channel } from "@sluice/channel";
import { channelLaws } from "@sluice/laws";
import { test } from "vitest";

// Mutation testing asks for few schedules, and the same ones for every mutant.
const { SLUICE_LAW_RUNS: runs, SLUICE_LAW_SEED: seed } = process.env;
const effort = { runs: runs ? Number(runs) : undefined, seed: seed ? Number(seed) : undefined };

for (const { id, says, waived, run } of channelLaws((options) => new Channel(options))) {
  test(`${id}: ${says}`, (t) => (waived ? t.skip(waived) : run(effort)));
}
