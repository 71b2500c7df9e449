import { describe, expect, test } from "vitest";
import { acquitted } from "../src/acquitted.js";
import { STORE_LAWS, storeLaws } from "../src/store/laws.js";
import { referenceStore } from "../src/store/sinners.js";

describe.each(STORE_LAWS)("$id $says", (law) => {
  test("convicts each of its sinners", async () => {
    expect(await acquitted(law)).toEqual([]);
  });
});

for (const { id, run } of storeLaws(referenceStore)) {
  test(`${id} acquits the reference`, () => run({ runs: 50 }));
}
