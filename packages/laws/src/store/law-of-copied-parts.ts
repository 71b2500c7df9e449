import fc from "fast-check";
import type { Law } from "../law.js";
import { content, seeds } from "./content.js";
import { joined } from "./reference-body.js";
import type { MakeStore } from "./subject.js";
import { law } from "./trial.js";

export const O12: Law<MakeStore> = law(
  "O12",
  "A part that is copied has exactly the bytes of the object, or of the range of it.",
  "whether both ends of the range are included, and whether its end may lie beyond the object's",
  ["copiesTheWhole", "copiesWithoutTheLast", "copiesLess", "joinsByArrival"],
  fc.record({
    seed: seeds,
    start: fc.nat({ max: 5 }),
    more: fc.nat({ max: 2 }),
    rest: fc.nat({ max: 3 }),
  }),
  async (trial, { seed, start, more, rest }) => {
    // S3 copies ranges only of objects that are larger than the smallest part.
    const bytes = content(start + trial.partSize(more) + rest + 1, seed);
    const source = trial.at("source");
    await trial.store.put(source, bytes);
    const upload = await trial.begin();
    const range = { start, end: start + trial.partSize(more) - 1 };
    trial.story.push(`all of ${bytes.length} bytes, and ${range.start} to ${range.end}, are copied`);
    // All of it is more than the range: where parts are equal, it would be too large for the last of them.
    const whole = trial.equalParts ? bytes.slice(0, trial.partSize(0)) : bytes;
    if (trial.equalParts) await trial.store.put(trial.at("whole"), whole);
    const last = await trial.store.copyPart(upload, 3, trial.equalParts ? trial.at("whole") : source);
    const first = await trial.store.copyPart(upload, 1, source, { range });
    const sent = await trial.part(upload, 2, content(trial.partSize(0), seed + 1));
    await trial.refused(
      "copying a range that ends beyond the end",
      trial.store.copyPart(upload, 1, source, { range: { start, end: bytes.length } }),
      "InvalidRange",
    );
    await trial.complete(upload, [first, sent, last]);
    const copied = bytes.slice(range.start, range.end + 1);
    await trial.expect(trial.at(), joined([copied, content(trial.partSize(0), seed + 1), whole]));
    await trial.expect(source, bytes);
  },
);
