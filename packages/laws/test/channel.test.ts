import { acquitted, CHANNEL_LAWS, channelLaws, ReferenceSharer } from "@sluice/laws";
import { expect, test } from "vitest";

for (const law of CHANNEL_LAWS) {
  test(`every sinner of ${law.id} is convicted by it`, async () => {
    expect(law.sinners.length).toBeGreaterThan(0);
    expect(await acquitted(law)).toEqual([]);
  });
}

for (const { id, waived, run } of channelLaws((options) => new ReferenceSharer(options))) {
  if (waived === undefined) test(`the twin of the channel is acquitted of ${id}`, () => run());
}
