import { describe, expect, test } from "vitest";
import { acquitted } from "../src/acquitted.js";
import { ADAPTIVE_LAWS, adaptiveLaws } from "../src/read-slots/adaptive-laws.js";
import { referenceAdaptive } from "../src/read-slots/adaptive-reference.js";
import { KINDS, type Kind } from "../src/read-slots/kinds.js";
import { READ_SLOT_LAWS, readSlotLaws } from "../src/read-slots/laws.js";
import { referenceReadSlots, type Sins } from "../src/read-slots/reference.js";
import { sinner } from "../src/read-slots/sinners.js";
import { METHODS, type Method } from "../src/read-slots/subject.js";

const isStream = (kind: Kind): boolean => kind === "Node stream" || kind === "web stream";

/** Where a sin is one: not every kind of source can stall, and not every method hands anything out. */
function canSin(sin: keyof Sins, method: Method, kind: Kind): boolean {
  if (sin === "reorders") return method === "map";
  if (["unboundedReorderBuffer", "leaksWhenLeft", "keepsWhatIsLeft"].includes(sin))
    return method !== "forEach";
  if (sin === "waitsForAStalledSource") return kind.startsWith("async");
  if (sin === "waitsForTheReturn") return kind === "async generator";
  // A stream that was told to stop has ended for those who read on.
  if (sin === "readsOn") return !isStream(kind);
  if (sin === "onlyReturns") return isStream(kind);
  return true;
}

describe.each(READ_SLOT_LAWS)("$id $says", (law) => {
  test("convicts each of its sinners", async () => {
    expect(await acquitted(law)).toEqual([]);
  });

  test.each(METHODS)("convicts by %s alone, on each kind of source alone", async (method) => {
    const free: string[] = [];
    for (const kind of KINDS) {
      const sinners = law.sins.filter((sin) => canSin(sin, method, kind)).map(sinner);
      const there = { ...law, sinners, check: law.checkAt({ method, kind }) };
      free.push(...(await acquitted(there, { runs: 300 })).map((sin) => `${kind}: ${sin}`));
    }
    expect(free).toEqual([]);
  });
});

describe.each(ADAPTIVE_LAWS)("$id $says", (law) => {
  test("convicts each of its sinners", async () => {
    expect(await acquitted(law)).toEqual([]);
  });
});

for (const { id, run } of [...readSlotLaws(referenceReadSlots), ...adaptiveLaws(referenceAdaptive)]) {
  test(`${id} acquits the reference`, () => run({ runs: 200 }));
}
