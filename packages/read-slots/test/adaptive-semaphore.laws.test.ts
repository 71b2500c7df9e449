import { adaptiveLaws } from "@sluice/laws";
import { AdaptiveSemaphore } from "@sluice/read-slots";
import { test } from "vitest";

for (const { id, says, run } of adaptiveLaws((bounds) => new AdaptiveSemaphore(bounds)))
  test(`${id}: ${says}`, () => run());
