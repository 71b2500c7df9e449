import { acquitted, CHANNEL_LAWS, channelLaws, ReferenceSharer } from "@sluice/laws";
import { expect, test } from "vitest";

// Milliseconds: tens of thousands of schedules, on machines that have other things to do.
const PATIENCE = 240_000;

for (const law of CHANNEL_LAWS) {
  test(
    `every sinner of ${law.id} is convicted by it`,
    async () => {
      expect(law.sinners.length).toBeGreaterThan(0);
      expect(await acquitted(law)).toEqual([]);
    },
    PATIENCE,
  );
}

for (const { id, run } of channelLaws((options) => new ReferenceSharer(options))) {
  test(
    `the twin of the channel is acquitted of ${id}, in all schedules that there are`,
    async () => {
      const law = CHANNEL_LAWS.find((one) => one.id === id);
      expect(await run()).toEqual({ walked: law?.walks ?? 0, random: 100 });
    },
    PATIENCE,
  );
}
