import { describe, expect, test } from "vitest";
import { acquitted } from "../src/acquitted.js";
import { UPLOAD_LAWS, uploadLaws } from "../src/upload/laws.js";
import { referenceUpload } from "../src/upload/sinners.js";

describe.each(UPLOAD_LAWS)("$id $says", (law) => {
  test("convicts each of its sinners", async () => {
    expect(await acquitted(law)).toEqual([]);
  });
});

for (const { id, waived, run } of uploadLaws(referenceUpload)) {
  if (waived) {
    test(`${id} is not judged, and says why`, async () => {
      await expect(run()).rejects.toMatchObject({ code: "ERR_NO_VERDICT" });
    });
  } else test(`${id} acquits the reference`, () => run({ runs: 200 }));
}
