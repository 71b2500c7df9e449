import { readSlotLaws } from "@sluice/laws";
import { ReadSlots } from "@sluice/read-slots";
import { test } from "vitest";

for (const { id, says, run } of readSlotLaws((slots) => new ReadSlots(slots)))
  test(`${id}: ${says}`, () => run());
