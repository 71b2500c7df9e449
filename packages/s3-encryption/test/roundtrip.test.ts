import { type GetOptions, MemoryStore, type ObjectStore } from "@sluice/object-store";
import { encryptedStore } from "@sluice/s3-encryption";
import fc from "fast-check";
import { expect, test } from "vitest";
import { keysWith } from "./keys.js";

const at = { bucket: "b", key: "k" };

const subject = fc.record({
  frameSize: fc.integer({ min: 1, max: 9 }),
  chunkSize: fc.integer({ min: 1, max: 60 }),
  cipher: fc.constantFrom(undefined, "web" as const),
});

const storeOf = (options: { frameSize: number; chunkSize: number; cipher: "web" | undefined }) => {
  const memory = new MemoryStore({ limits: { minPartSize: 1 }, chunkSize: options.chunkSize });
  return { memory, store: encryptedStore(memory, { keys: keysWith("k1"), ...options }) };
};

async function read(store: ObjectStore, options?: GetOptions) {
  const { body, ...info } = await store.get(at, options);
  return { info, bytes: [...new Uint8Array(await new Response(body).arrayBuffer())] };
}

const streamOf = (pieces: readonly Uint8Array[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) if (piece.length > 0) controller.enqueue(piece.slice());
      controller.close();
    },
  });

async function judge(store: ObjectStore, plain: readonly number[], start: number, end: number | undefined) {
  const whole = await read(store);
  expect(whole.bytes).toEqual(plain);
  expect(whole.info.size).toBe(plain.length);
  const head = await store.head(at);
  const listed = (await store.list(at.bucket)).objects[0]!;
  for (const info of [head, listed]) {
    expect(info.size).toBe(plain.length);
    expect(info.etag).toBe(whole.info.etag);
  }
  const range = { start, ...(end !== undefined && { end }) };
  if (start >= plain.length) {
    await expect(store.get(at, { range })).rejects.toMatchObject({ code: "InvalidRange" });
    return;
  }
  const { info, bytes } = await read(store, { range });
  expect(bytes).toEqual(plain.slice(start, (end ?? plain.length) + 1));
  expect(info.range).toEqual({ start, end: start + bytes.length - 1 });
}

test("what is put in any pieces is read back in any range", () =>
  fc.assert(
    fc.asyncProperty(
      subject,
      fc.array(fc.uint8Array({ maxLength: 12 }), { maxLength: 5 }),
      fc.boolean(),
      fc.nat({ max: 40 }),
      fc.option(fc.nat({ max: 30 }), { nil: undefined }),
      async (options, pieces, asStream, start, more) => {
        const { store } = storeOf(options);
        const plain = pieces.flatMap((piece) => [...piece]);
        await store.put(at, asStream ? { stream: streamOf(pieces), length: plain.length } : pieces);
        await judge(store, plain, start, more === undefined ? undefined : start + more);
      },
    ),
    { numRuns: 60 },
  ));

test("what is uploaded in parts is read back in any range, and part by part", () =>
  fc.assert(
    fc.asyncProperty(
      subject,
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 4 }),
      fc.nat({ max: 100 }),
      fc.nat({ max: 50 }),
      fc.option(fc.nat({ max: 30 }), { nil: undefined }),
      async (options, perPart, count, share, start, more) => {
        const { store, memory } = storeOf(options);
        const size = perPart * options.frameSize;
        // The last part may be empty, shorter, and as long as the others.
        const last = Math.round((size * share) / 100);
        const plain = Array.from({ length: size * (count - 1) + last }, (_, i) => (i * 13 + 5) & 0xff);
        const upload = await store.createMultipart(at);
        const parts = [];
        for (let i = 0; i < count; i++) {
          const bytes = Uint8Array.from(plain.slice(i * size, Math.min((i + 1) * size, plain.length)));
          parts.push(await store.putPart(upload, i + 1, bytes));
        }
        const { parts: listed } = await store.listParts(upload);
        expect(listed.map((part) => part.size)).toEqual([...Array(count - 1).fill(size), last]);
        expect(listed.map(({ etag }) => etag)).toEqual(parts.map(({ etag }) => etag));
        const { etag } = await store.completeMultipart(upload, listed, { size: plain.length });
        expect((await store.head(at)).etag).toBe(etag);
        await judge(store, plain, start, more === undefined ? undefined : start + more);
        // By another process, which has seen nothing of it.
        const other = encryptedStore(memory, { keys: keysWith("k2"), ...options });
        await judge(other, plain, start, more === undefined ? undefined : start + more);
        const withBytes = last === 0 && count > 1 ? count - 1 : count;
        for (let i = 0; i < withBytes; i++) {
          const { info, bytes } = await read(other, { partNumber: i + 1 });
          expect(bytes).toEqual(plain.slice(i * size, (i + 1) * size));
          expect(info.partsCount).toBe(withBytes);
          expect(info.part?.range).toEqual({ start: i * size, end: i * size + bytes.length - 1 });
        }
        await expect(store.get(at, { partNumber: withBytes + 1 })).rejects.toMatchObject({
          code: "InvalidPartNumber",
        });
      },
    ),
    { numRuns: 60 },
  ));
