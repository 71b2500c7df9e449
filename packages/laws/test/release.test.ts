import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { acquitted } from "../src/acquitted.js";
import { iterableKind } from "../src/release/iterable-kind.js";
import { RELEASE_LAWS, releaseLaws } from "../src/release/laws.js";
import { referenceRelease } from "../src/release/reference.js";
import { referenceAdmit } from "../src/release/reference-admit.js";
import { webStreamKind } from "../src/release/web-kinds.js";

setFlagsFromString("--expose-gc");
globalThis.gc = runInNewContext("gc");

describe.each(RELEASE_LAWS)("$id", (law) => {
  test("convicts each of its sinners", async () => {
    expect(await acquitted(law)).toEqual([]);
  });
});

const reference = () => ({ releaseOnEnd: referenceRelease, admit: referenceAdmit });

for (const { id, run } of releaseLaws(reference, {}, [webStreamKind()])) {
  test(`${id} acquits the reference`, () => run());
}

// The reference has its budgets for web streams alone.
const untimed = { timeBudgets: "only web streams have them" };
for (const { id, run, waived } of releaseLaws(reference, untimed, [iterableKind()])) {
  test(`${id} acquits the reference for iterables, unless it is waived`, () =>
    waived ? expect(run()).rejects.toMatchObject({ code: "ERR_NO_VERDICT" }) : run());
}

test("what is no admit is not judged by the law of opening", async () => {
  const laws = releaseLaws(() => referenceRelease, {}, [webStreamKind()]);
  expect(laws.flatMap(({ id, waived }) => (waived ? [id, waived] : []))).toEqual(["R4", "there is no admit"]);
});
