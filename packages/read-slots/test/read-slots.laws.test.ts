import { readSlotLaws } from "@sluice/laws";
import { AdaptiveSemaphore, ReadSlots } from "@sluice/read-slots";
import { Semaphore } from "@sluice/semaphore";
import { describe, test } from "vitest";

const WAYS: Readonly<Record<string, (slots: number) => ReadSlots>> = {
  "a number": (slots) => new ReadSlots(slots),
  "a shared semaphore": (slots) => new ReadSlots(new Semaphore(slots)),
  "an adaptive semaphore": (slots) => new ReadSlots(new AdaptiveSemaphore({ min: slots, max: slots })),
};

for (const [way, make] of Object.entries(WAYS)) {
  describe(`with ${way}`, () => {
    for (const { id, says, run } of readSlotLaws(make)) test(`${id}: ${says}`, () => run());
  });
}
