import { afterAll, beforeAll, expect, test } from "vitest";
import { DIFFERENT } from "./lib-storage/different.js";
import { pageOf } from "./lib-storage/page.js";
import { removeFile, SAME } from "./lib-storage/same.js";
import { NEVER, type Outcome, ours, play, theirs, withSmallParts } from "./lib-storage/uploads.js";

let restore = () => {};
beforeAll(() => {
  restore = withSmallParts();
});
afterAll(() => {
  restore();
  removeFile();
});

// After an abort, ours looks whether anything is left. Nobody but the server can tell.
const withoutLook = (outcome: Outcome): Outcome => ({
  ...outcome,
  calls: outcome.calls.filter(({ operation }) => operation !== "ListParts"),
});

test.each(SAME.resolved)(
  "the drop-in sends, answers and tells the same as lib-storage: $title",
  async (scenario) => {
    const expected = await play(theirs, scenario);
    expect(expected.error).toBeUndefined();
    expect(withoutLook(await play(ours, scenario))).toEqual(expected);
  },
);

test.each(SAME.rejected)("the drop-in fails in the same way as lib-storage: $title", async (scenario) => {
  const expected = await play(theirs, scenario);
  expect(expected.error?.message).toEqual(expect.not.stringContaining(NEVER));
  expect(withoutLook(await play(ours, scenario))).toEqual(expected);
});

test.each(DIFFERENT)("the drop-in does better than lib-storage: $title", async (difference) => {
  const outcome = await play(ours, difference);
  expect({ ...outcome, isHere: difference.isHere(outcome) }).toEqual({ ...outcome, isHere: true });
  // What hangs there need not be waited for long. If it ceases to hang, this has to be said differently.
  const there = await play(theirs, difference, difference.hangs ? 300 : undefined);
  expect({ hangs: there.error?.message === NEVER, isHere: difference.isHere(there) }).toEqual({
    hangs: difference.hangs === true,
    isHere: false,
  });
});

// `vitest run -u` writes it.
test("the page about lib-storage lists what was compared", async () => {
  await expect(pageOf(SAME, DIFFERENT)).toMatchFileSnapshot("../../../docs/lib-storage.md");
});
