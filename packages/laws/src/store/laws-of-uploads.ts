import fc from "fast-check";
import type { Law } from "../law.js";
import { content, seeds } from "./content.js";
import { joined } from "./reference-body.js";
import type { MakeStore } from "./subject.js";
import { law, type Trial } from "./trial.js";

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Parts that are just large enough, the last one too: whatever is refused here is refused for another reason. */
const partsOf = (trial: Trial, count: number, seed: number) =>
  Array.from({ length: count }, (_, i) => content(trial.partSize((seed + i) % 3), seed + i));

export const O2: Law<MakeStore> = law(
  "O2",
  "Parts are ordered by number, not by arrival.",
  "what a part that arrives late or twice does to the order",
  ["joinsByArrival", "acceptsAnyOrder", "keepsTheFirst"],
  fc.record({
    order: fc.shuffledSubarray([0, 1, 2], { minLength: 2 }),
    seed: seeds,
    again: fc.nat({ max: 1 }),
    gap: fc.boolean(),
  }),
  async (trial, { order, seed, again, gap }) => {
    const bytes = partsOf(trial, order.length, seed);
    // The subset's own ranks are the numbers, so that they run from 1 on, or leave one out.
    const ranks = [...order].sort((a, b) => a - b);
    const arrivals = order.map((one) => ranks.indexOf(one));
    const numberOf = (i: number) => (gap && i > 0 && !trial.equalParts ? i + 2 : i + 1);
    const upload = await trial.begin();
    for (const i of arrivals) await trial.part(upload, numberOf(i), content(trial.partSize(0), seed + 9));
    const sent = await Promise.all(
      arrivals.map(async (i) => ({ i, part: await trial.part(upload, numberOf(i), bytes[i]!) })),
    );
    const twice = await trial.part(upload, numberOf(again), bytes[again]!);
    const parts = sent.sort((a, b) => a.i - b.i).map(({ i, part }) => (i === again ? twice : part));
    const backwards = trial.store.completeMultipart(upload, [...parts].reverse());
    await trial.refused("completing it in the wrong order", backwards, "InvalidPartOrder");
    await trial.expect(trial.at(), undefined);
    await trial.complete(upload, parts);
    await trial.expect(trial.at(), joined(bytes));
  },
);

export const O3: Law<MakeStore> = law(
  "O3",
  "A short last part is legal, a short other part is EntityTooSmall.",
  "which part the smallest size does not hold for",
  ["acceptsShortParts", "refusesAShortLastPart", "publishesBeforeItRefuses"],
  fc.record({
    count: fc.integer({ min: 1, max: 3 }),
    short: fc.nat({ max: 2 }),
    size: fc.nat({ max: 3 }),
    seed: seeds,
  }),
  async (trial, { count, short, size, seed }) => {
    const upload = await trial.begin();
    const bytes = Array.from({ length: count }, (_, i) =>
      content(i === short ? size : trial.partSize(0), seed + i),
    );
    const parts = [];
    for (const [i, one] of bytes.entries()) parts.push(await trial.part(upload, i + 1, one));
    if (short >= count - 1) {
      await trial.complete(upload, parts);
      await trial.expect(trial.at(), joined(bytes));
    } else {
      const request = trial.store.completeMultipart(upload, parts);
      await trial.refused(`completing it with part ${short + 1} of ${size} bytes`, request, "EntityTooSmall");
      await trial.expect(trial.at(), undefined);
    }
  },
);

export const O4: Law<MakeStore> = law(
  "O4",
  "After abort nothing is listed and nothing is readable.",
  "what a part or a completion does that comes after the abort",
  ["publishesOnAbort", "keepsTheUpload", "revives"],
  fc.record({ count: fc.nat({ max: 2 }), seed: seeds, before: fc.boolean() }),
  async (trial, { count, seed, before }) => {
    const old = before ? bytesOf("what was there before") : undefined;
    if (old) await trial.store.put(trial.at(), old);
    const upload = await trial.begin();
    const parts = [];
    for (let i = 1; i <= count; i++)
      parts.push(await trial.part(upload, i, content(trial.partSize(0), seed)));
    trial.story.push("it is aborted");
    await trial.store.abortMultipart(upload);
    const listed = async () => {
      const { uploads } = await trial.store.listMultiparts(trial.subject.bucket, { prefix: upload.key });
      if (uploads.some(({ uploadId }) => uploadId === upload.uploadId))
        trial.breach("the upload is still listed");
    };
    await listed();
    await trial.refused("listing its parts", trial.store.listParts(upload), "NoSuchUpload");
    await trial.refused("a part for it", trial.store.putPart(upload, 1, bytesOf("late")), "NoSuchUpload");
    // With whichever code: a server may have forgotten that there was such an upload, or not.
    if (count > 0) await trial.refused("completing it", trial.store.completeMultipart(upload, parts));
    await listed();
    await trial.expect(trial.at(), old);
  },
);

type Wrong = "missing" | "foreign" | "stale";

export const O5: Law<MakeStore> = law(
  "O5",
  "Completing with a foreign, missing or stale part fails and publishes nothing.",
  "whether each part is compared with the one that was sent last",
  ["ignoresMissingParts", "ignoresEtags", "publishesBeforeItRefuses"],
  fc.record({
    wrong: fc.constantFrom<Wrong>("missing", "foreign", "stale"),
    seed: seeds,
    which: fc.nat({ max: 1 }),
    before: fc.boolean(),
  }),
  async (trial, { wrong, seed, which, before }) => {
    const old = before ? bytesOf("what was there before") : undefined;
    if (old) await trial.store.put(trial.at(), old);
    const bytes = partsOf(trial, 2, seed);
    const upload = await trial.begin();
    const replaced = content(trial.partSize(1), seed + 7);
    const stale = await trial.part(upload, which + 1, replaced);
    const good = [await trial.part(upload, 1, bytes[0]!), await trial.part(upload, 2, bytes[1]!)];
    const foreign =
      wrong === "foreign" ? await trial.part(await trial.begin("other"), which + 1, replaced) : stale;
    const bad = wrong === "missing" ? [...good, { ...stale, partNumber: 3 }] : good.with(which, foreign);
    await trial.refused(
      `completing it with a ${wrong} part`,
      trial.store.completeMultipart(upload, bad),
      "InvalidPart",
    );
    await trial.expect(trial.at(), old);
    await trial.refused("completing it with no part", trial.store.completeMultipart(upload, []));
    await trial.expect(trial.at(), old);
    await trial.complete(upload, good);
    await trial.expect(trial.at(), joined(bytes));
  },
);
