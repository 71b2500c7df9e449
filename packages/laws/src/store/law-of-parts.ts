import type { ObjectInfo } from "@sluice/object-store";
import fc from "fast-check";
import type { Law } from "../law.js";
import { content, seeds } from "./content.js";
import { joined } from "./reference-body.js";
import { announced, SAMPLES } from "./samples.js";
import type { MakeStore } from "./subject.js";
import { law, type Trial } from "./trial.js";

const bytesOf = (text: string) => new TextEncoder().encode(text);

export const O13: Law<MakeStore> = law(
  "O13",
  "A part's number gives that part's place, bytes and checksum; or it is not heeded, and the answer is the object's.",
  "whether an answer about a part is taken for one about the object, or the other way round",
  ["beginsEveryPartAtNothing", "takesThePartForTheWhole", "givesTheObjectsChecksum", "readsAnotherPart"],
  fc.record({
    seed: seeds,
    more: fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 })),
    sample: fc.constantFrom(...SAMPLES.filter(({ text }) => text !== "")),
  }),
  async (trial, { seed, more, sample }) => {
    const sent = [...more.map((m, i) => content(trial.partSize(m), seed + i)), bytesOf(sample.text)];
    const upload = await trial.begin();
    const parts = [];
    for (const [i, bytes] of sent.entries()) parts.push(await trial.part(upload, i + 1, bytes));
    await trial.complete(upload, parts);
    let start = 0;
    for (const [i, bytes] of sent.entries()) {
      await expectPart(trial, i + 1, joined(sent), { start, end: start + bytes.length - 1 });
      start += bytes.length;
    }

    const summed = await trial.begin("summed", { checksumAlgorithm: "crc32" });
    trial.story.push(`"${sample.text}" is sent as its only part, with its CRC32`);
    const only = await trial.store.putPart(summed, 1, bytesOf(sample.text), announced(sample, "crc32"));
    await trial.complete(summed, [only]);
    const { part } = await trial.store.head(trial.at("summed"), { partNumber: 1 });
    const { algorithm, value } = part?.checksum ?? {};
    if (value !== undefined && (algorithm !== "crc32" || value !== sample.crc32))
      trial.breach(`its part's ${algorithm} is said to be ${value}, but its CRC32 is ${sample.crc32}`);
  },
);

async function expectPart(
  trial: Trial,
  partNumber: number,
  whole: Uint8Array,
  extent: { readonly start: number; readonly end: number },
): Promise<void> {
  const head = await trial.store.head(trial.at(), { partNumber });
  const { body, ...got } = await trial.store.get(trial.at(), { partNumber });
  const read = new Uint8Array(await new Response(body).arrayBuffer());
  const what = `part ${partNumber}`;
  const told = (info: ObjectInfo) => (info.part === undefined ? "nothing" : shown(info.part.range));
  trial.story.push(`of ${what}, HEAD tells ${told(head)} and GET ${told(got)}`);
  for (const info of [head, got]) {
    if (info.size !== whole.length)
      trial.breach(`with ${what}, the whole is said to have ${info.size} bytes, not ${whole.length}`);
    if (told(info) !== told(head)) trial.breach(`HEAD and GET do not agree on where ${what} lies`);
  }
  const lies = head.part === undefined ? { start: 0, end: whole.length - 1 } : extent;
  if (head.part !== undefined && told(head) !== shown(extent))
    trial.breach(`${what} is said to be ${told(head)}, not ${shown(extent)}`);
  if (shown(got.range) !== shown(lies))
    trial.breach(`the body with ${what} is said to be ${shown(got.range)}, not ${shown(lies)}`);
  trial.expectBytes(`the body with ${what}`, read, whole.slice(lies.start, lies.end + 1));
}

const shown = ({ start, end }: { readonly start: number; readonly end: number }) =>
  `bytes ${start} to ${end}`;
