import { describe, expect, test } from "vitest";
import { acquitted } from "../src/acquitted.js";
import { UPLOAD_LAWS, uploadLaws } from "../src/upload/laws.js";
import { referenceUpload } from "../src/upload/sinners.js";

describe.each(UPLOAD_LAWS)("$id $says", (law) => {
  test("convicts each of its sinners", async () => {
    expect(await acquitted(law)).toEqual([]);
  });
});

for (const { id, run } of uploadLaws(referenceUpload)) {
  test(`${id} acquits the reference`, () => run({ runs: 200 }));
}

test("whoever has no disk for its parts is told by U11 what to waive, and may do so by name", async () => {
  const { upload } = await referenceUpload();
  const law = (waivers = {}) => uploadLaws(() => ({ upload }), waivers).find(({ id }) => id === "U11")!;
  await expect(law().run({ runs: 1 })).rejects.toThrow(/waive disk/);
  expect(law({ disk: "it has none" }).waived).toBe("it has none");
});
