import { describe, expect, test } from "vitest";
import { acquitted } from "../src/acquitted.js";
import { DOWNLOAD_LAWS, downloadLaws } from "../src/download/laws.js";
import { referenceDownload } from "../src/download/sinners.js";

describe.each(DOWNLOAD_LAWS)("$id $says", (law) => {
  test("convicts each of its sinners", async () => {
    expect(await acquitted(law)).toEqual([]);
  });
});

for (const { id, run } of downloadLaws(referenceDownload)) {
  test(`${id} acquits the reference`, () => run({ runs: 200 }));
}
