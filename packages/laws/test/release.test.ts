import { describe, expect, test } from "vitest";
import { acquitted } from "../src/acquitted.js";
import { iterableKind } from "../src/release/iterable-kind.js";
import { RELEASE_LAWS, releaseLaws } from "../src/release/laws.js";
import { referenceRelease } from "../src/release/reference.js";
import { webStreamKind } from "../src/release/web-kinds.js";

describe.each(RELEASE_LAWS)("$id", (law) => {
  test("convicts each of its sinners", async () => {
    expect(await acquitted(law)).toEqual([]);
  });
});

for (const { id, run } of releaseLaws(() => referenceRelease, {}, [webStreamKind(), iterableKind()])) {
  test(`${id} acquits the reference`, () => run());
}
