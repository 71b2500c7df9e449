import { Channel } from "@sluice/channel";
import { channelLaws } from "@sluice/laws";
import { test } from "vitest";
import { effort } from "./effort.js";

for (const { id, says, waived, run } of channelLaws((options) => new Channel(options))) {
  test(`${id}: ${says}`, (t) => (waived ? t.skip(waived) : run(effort)));
}
