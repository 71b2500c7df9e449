import { Duplex, Readable } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { acquitted } from "../src/acquitted.js";
import { releaseLaws, releaseLawsOn, webKinds } from "../src/release/laws.js";
import { nodeReadableKind } from "../src/release/node-kind.js";
import { referenceRelease } from "../src/release/reference.js";
import { referenceAdmit } from "../src/release/reference-admit.js";
import { webStreamKind } from "../src/release/web-kinds.js";

setFlagsFromString("--expose-gc");
globalThis.gc = runInNewContext("gc");

const reference = () => ({ releaseOnEnd: referenceRelease, admit: referenceAdmit });
const nodeKinds = [Readable, Duplex].map((kind) => nodeReadableKind(kind as never));
const kinds = [...webKinds(), ...nodeKinds];

describe.each(kinds)("$name", (kind) => {
  test.each(releaseLawsOn([kind]))("$id convicts each of its sinners", async (law) => {
    // A source that cannot be left cannot be left running.
    expect(law.sinners.length > 0).toBe(!(law.id === "R5" && kind.stops === "never"));
    expect(await acquitted(law)).toEqual([]);
  });

  for (const { id, run } of releaseLaws(reference, {}, [kind])) {
    test(`${id} acquits the reference`, () => run({ runs: id === "R7" ? 25 : 100 }));
  }
});

test("what is no admit is not judged by the law of opening", async () => {
  const laws = releaseLaws(() => referenceRelease, {}, [webStreamKind()]);
  expect(laws.flatMap(({ id, waived }) => (waived ? [id, waived] : []))).toEqual(["R4", "there is no admit"]);
});
