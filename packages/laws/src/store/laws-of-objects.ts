import fc from "fast-check";
import type { Law } from "../law.js";
import { bodyOf, content, forms, seeds, sizes, streamOf } from "./content.js";
import { announced, type DigestName, SAMPLES } from "./samples.js";
import type { MakeStore } from "./subject.js";
import { law } from "./trial.js";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const HEADERS = { contentType: "text/x-law", metadata: { law: "abiding" } };

export const O1: Law<MakeStore> = law(
  "O1",
  "A completed object reads back byte for byte.",
  "whether a body is copied, counted, and read to its end",
  ["dropsTheLastByte", "keepsTheCallersBuffer", "forgetsTheHeaders", "acceptsShortBodies"],
  fc.record({ size: sizes, seed: seeds, form: forms, cut: fc.integer({ min: 1, max: 70_000 }) }),
  async (trial, { size, seed, form, cut }) => {
    const bytes = content(size, seed);
    const buffer = bytes.slice();
    trial.story.push(`${size} bytes are put as ${form}`);
    const { etag } = await trial.store.put(trial.at(), bodyOf(buffer, form, cut), HEADERS);
    buffer.fill(0);
    await trial.expect(trial.at(), bytes);
    for (const info of [await trial.store.head(trial.at()), await trial.store.get(trial.at())]) {
      if (info.size !== size) trial.breach(`its size is said to be ${info.size}`);
      if (info.etag !== etag) trial.breach(`its ETag is ${info.etag}, but the put said ${etag}`);
      if (info.contentType !== HEADERS.contentType) trial.breach(`its content type is ${info.contentType}`);
      if (info.metadata?.law !== "abiding") trial.breach("its metadata is gone");
      if ("body" in info) await (info as { body: ReadableStream }).body.cancel();
    }
    const short = { stream: streamOf([bytes]), length: size + 1 };
    await trial.refused("a stream that is one byte short", trial.store.put(trial.at(), short));
    await trial.expect(trial.at(), bytes);
  },
);

export const O6: Law<MakeStore> = law(
  "O6",
  "Ranges are exact, beyond the end is InvalidRange.",
  "whether both ends of a range are included",
  ["endIsExcluded", "clampsTheStart", "saysTheWrongRange"],
  fc.record({
    size: fc.nat({ max: 12 }),
    seed: seeds,
    start: fc.nat({ max: 14 }),
    more: fc.option(fc.nat({ max: 5 }), { nil: undefined }),
  }),
  async (trial, { size, seed, start, more }) => {
    const bytes = content(size, seed);
    await trial.store.put(trial.at(), bytes);
    const range = { start, ...(more !== undefined && { end: start + more }) };
    const what = `bytes ${start} to ${range.end ?? "the end"} of ${size}`;
    trial.story.push(what);
    if (start >= size) return trial.refused(what, trial.store.get(trial.at(), { range }), "InvalidRange");
    const end = Math.min(range.end ?? size, size - 1);
    const { range: said, size: whole, body } = await trial.store.get(trial.at(), { range });
    await body.cancel();
    if (said.start !== start || said.end !== end)
      trial.breach(`the range is said to be ${said.start} to ${said.end}`);
    if (whole !== size) trial.breach(`the whole is said to have ${whole} bytes`);
    trial.expectBytes(what, await trial.read(trial.at(), { range }), bytes.slice(start, end + 1));
  },
);

const COMPARED: readonly DigestName[] = ["md5", "crc32", "sha256"];

export const O7: Law<MakeStore> = law(
  "O7",
  "A body that differs from its Content-MD5 or checksum is refused and publishes nothing.",
  "whether the digests are compared before anything is published",
  ["ignoresMd5", "ignoresChecksums", "publishesBeforeItRefuses"],
  fc.record({
    sent: fc.constantFrom(...SAMPLES),
    meant: fc.constantFrom(...SAMPLES),
    form: forms,
    inPart: fc.boolean(),
  }),
  async (trial, { sent, meant, form, inPart }) => {
    const bytes = bytesOf(sent.text);
    const before = bytesOf("what was there before");
    await trial.store.put(trial.at(), before);
    const upload = inPart ? await trial.begin() : undefined;
    for (const digest of trial.subject.compares ?? COMPARED) {
      const options = announced(meant, digest);
      const body = bodyOf(bytes, form, 3);
      const what = `"${sent.text}" with the ${digest} of "${meant.text}"`;
      const request: Promise<unknown> = upload
        ? trial.store.putPart(upload, 1, body, options)
        : trial.store.put(trial.at(), body, options);
      if (sent === meant) {
        await request;
        continue;
      }
      await trial.refused(what, request);
      if (upload && (await trial.store.listParts(upload)).parts.length > 0) trial.breach("the part is there");
      await trial.expect(trial.at(), before);
    }
  },
);
