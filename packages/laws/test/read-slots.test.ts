import { describe, expect, test } from "vitest";
import { acquitted } from "../src/acquitted.js";
import { READ_SLOT_LAWS, readSlotLaws } from "../src/read-slots/laws.js";
import { referenceReadSlots } from "../src/read-slots/reference.js";

describe.each(READ_SLOT_LAWS)("$id $says", (law) => {
  test("convicts each of its sinners", async () => {
    expect(await acquitted(law)).toEqual([]);
  });
});

for (const { id, run } of readSlotLaws(referenceReadSlots)) {
  test(`${id} acquits the reference`, () => run({ runs: 200 }));
}
