import { MemoryStore, type ObjectStore, type StoreBody } from "@sluice/object-store";
import { encryptedStore } from "@sluice/s3-encryption";
import { describe, expect, test } from "vitest";
import { keysWith } from "./keys.js";

const FRAME = 8;
const SEALED = FRAME + 36;
const at = { bucket: "b", key: "k" };
const plain = Uint8Array.from({ length: 2 * FRAME + 3 }, (_, i) => i + 1);

const memoryStore = () => new MemoryStore({ limits: { minPartSize: 1 } });
const over = (memory: ObjectStore, cipher?: "web") =>
  encryptedStore(memory, { keys: keysWith("k1"), frameSize: FRAME, cipher });

async function bytesOf(store: ObjectStore, options = {}): Promise<Uint8Array<ArrayBuffer>> {
  const { body } = await store.get(at, options);
  return new Uint8Array(await new Response(body).arrayBuffer());
}

/** Stores other bytes in the place of what is there. */
async function replace(memory: ObjectStore, bytes: StoreBody, key = at.key): Promise<void> {
  const { metadata } = await memory.head(at);
  await memory.put({ ...at, key }, bytes, { metadata });
}

/** How reading ends, and with which bytes before it does. */
async function outcome(store: ObjectStore, options = {}): Promise<{ code: unknown; got: number[] }> {
  const got: number[] = [];
  try {
    const { body } = await store.get(at, options);
    const reader = body.getReader();
    for (let step = await reader.read(); !step.done; step = await reader.read()) got.push(...step.value);
    return { code: undefined, got };
  } catch (error) {
    return { code: (error as { code?: unknown }).code, got };
  }
}

const REFUSED = ["ERR_TAMPERED"];
const flipped = (bytes: Uint8Array, i: number, bit: number) =>
  bytes.with(i, bytes[i]! ^ (1 << bit)) as Uint8Array<ArrayBuffer>;

async function uploaded(store: ObjectStore, parts: readonly Uint8Array[]): Promise<void> {
  const upload = await store.createMultipart(at);
  const sent = [];
  for (const [i, part] of parts.entries()) sent.push(await store.putPart(upload, i + 1, part));
  await store.completeMultipart(upload, sent);
}

const whole = plain.slice(0, 2 * FRAME);
const WRITTEN: Readonly<Record<string, (store: ObjectStore) => Promise<unknown>>> = {
  "put in one piece": (store) => store.put(at, plain),
  "uploaded in two parts": (store) => uploaded(store, [plain.slice(0, FRAME), plain.slice(FRAME, FRAME + 3)]),
  "uploaded in parts of whole frames": (store) => uploaded(store, [whole, whole]),
};

describe.each(Object.entries(WRITTEN))("of an object %s", (_, write) => {
  describe.each([undefined, "web"] as const)("opened with the cipher %s", (cipher) => {
    test("every changed byte is noticed before one of its frame is passed on", async () => {
      const memory = memoryStore();
      await write(over(memory));
      const sealed = await bytesOf(memory);
      const right = [...(await bytesOf(over(memory, cipher)))];
      for (let i = 0; i < sealed.length; i++) {
        await replace(memory, flipped(sealed, i, i % 8));
        const { code, got } = await outcome(over(memory, cipher));
        expect(REFUSED, `byte ${i}`).toContain(code);
        const frames = Math.floor(i / SEALED) * FRAME;
        expect(got.length, `byte ${i}`).toBeLessThanOrEqual(frames);
        expect(got).toEqual(right.slice(0, got.length));
      }
    });

    test("every truncation is noticed by who reads to the end", async () => {
      const memory = memoryStore();
      await write(over(memory));
      const sealed = await bytesOf(memory);
      for (let length = 0; length < sealed.length; length++) {
        await replace(memory, sealed.slice(0, length));
        expect(REFUSED, `${length} bytes`).toContain((await outcome(over(memory, cipher))).code);
        const tail = await outcome(over(memory, cipher), { range: { start: FRAME } });
        expect([...REFUSED, "InvalidRange"], `${length} bytes`).toContain(tail.code);
      }
    });
  });

  test("no two frames can change places, in no range", async () => {
    const memory = memoryStore();
    await write(over(memory));
    const sealed = await bytesOf(memory);
    const frames = Array.from({ length: Math.ceil(sealed.length / SEALED) }, (_, i) =>
      sealed.subarray(i * SEALED, (i + 1) * SEALED),
    );
    for (let a = 0; a < frames.length; a++) {
      for (let b = 0; b < frames.length; b++) {
        if (a === b) continue;
        // One in the place of the other, and both.
        for (const order of [frames.with(a, frames[b]!), frames.with(a, frames[b]!).with(b, frames[a]!)]) {
          await replace(
            memory,
            order.map((frame) => frame.slice()),
          );
          const whole = await outcome(over(memory));
          expect(REFUSED, `${a} and ${b}`).toContain(whole.code);
          const range = { start: a * FRAME, end: a * FRAME };
          const { code } = await outcome(over(memory), { range });
          expect([...REFUSED, "InvalidRange"], `byte ${range.start} of ${a} and ${b}`).toContain(code);
        }
      }
    }
  });

  test("no frame can be left out, in no range behind it", async () => {
    const memory = memoryStore();
    await write(over(memory));
    const sealed = await bytesOf(memory);
    for (let start = 0; start + SEALED <= sealed.length; start += SEALED) {
      const rest = [sealed.slice(0, start), sealed.slice(start + SEALED)];
      await replace(memory, rest);
      expect(REFUSED).toContain((await outcome(over(memory))).code);
      const { code } = await outcome(over(memory), { range: { start: (start / SEALED) * FRAME } });
      expect([...REFUSED, "InvalidRange"]).toContain(code);
    }
  });
});

describe("an encrypted store", () => {
  test("takes no frame of another object that has the same key", async () => {
    const memory = memoryStore();
    const store = over(memory);
    await store.put({ ...at, key: "other" }, plain);
    await store.put(at, plain);
    const other = await memory.get({ ...at, key: "other" });
    await replace(memory, new Uint8Array(await new Response(other.body).arrayBuffer()));
    expect(await outcome(store)).toEqual({ code: "ERR_TAMPERED", got: [] });
  });

  test("takes no object in the place of another, with all that belongs to it", async () => {
    const memory = memoryStore();
    const store = over(memory);
    await store.put(at, plain);
    await memory.copy(at, { ...at, key: "other" });
    const reading = store.get({ ...at, key: "other" });
    await expect(reading).rejects.toMatchObject({ code: "ERR_WRONG_KEY", keyId: "k1", key: "other" });
    const free = encryptedStore(memory, { keys: keysWith("k1"), frameSize: FRAME, bindKey: false });
    await free.put(at, plain);
    await memory.copy(at, { ...at, key: "other" });
    await expect(free.head({ ...at, key: "other" })).resolves.toMatchObject({ size: plain.length });
  });

  test("takes no frame of the same part sent another time into one body", async () => {
    const memory = memoryStore();
    const store = over(memory);
    const upload = await store.createMultipart(at);
    const [id, envelope] = upload.uploadId.split("~") as [string, string];
    const stored: Uint8Array[] = [];
    // The store underneath keeps each time that the part was sent.
    for (let bare = { ...at, uploadId: id }; stored.length < 2; bare = await memory.createMultipart(at)) {
      const { etag } = await store.putPart({ ...at, uploadId: `${bare.uploadId}~${envelope}` }, 1, plain);
      await memory.completeMultipart(bare, [{ partNumber: 1, etag: etag.replace("-sealed", "") }]);
      stored.push(await bytesOf(memory));
    }
    const metadata = { "sluice-seal": envelope };
    const [one, two] = stored as [Uint8Array, Uint8Array];
    await memory.put(at, two, { metadata });
    expect(await outcome(store)).toEqual({ code: undefined, got: [...plain] });
    await memory.put(at, [one.slice(0, SEALED), two.slice(SEALED)], { metadata });
    expect(await outcome(store)).toEqual({ code: "ERR_TAMPERED", got: [...plain.slice(0, FRAME)] });
  });

  test("says which keys it does not have, and which do not fit", async () => {
    const memory = memoryStore();
    await over(memory).put(at, plain);
    const without = encryptedStore(memory, { keys: keysWith("k2", ["k2"]), frameSize: FRAME });
    await expect(without.get(at)).rejects.toMatchObject({ code: "ERR_UNKNOWN_KEY", keyId: "k1" });
    const other = { current: "k1", get: () => new Uint8Array(32) };
    const wrong = encryptedStore(memory, { keys: other, frameSize: FRAME });
    await expect(wrong.head(at)).rejects.toMatchObject({ code: "ERR_WRONG_KEY", keyId: "k1" });
  });

  test("opens nothing that was not sealed, or sealed in another way", async () => {
    const memory = memoryStore();
    await memory.put(at, plain);
    await expect(over(memory).get(at)).rejects.toMatchObject({ code: "ERR_NOT_SEALED" });
    await over(memory).put(at, plain);
    const other = encryptedStore(memory, { keys: keysWith("k1"), frameSize: 16 });
    await expect(other.head(at)).rejects.toMatchObject({
      code: "ERR_OTHER_SEAL",
      sealedAs: "aes256gcm in frames of 8",
    });
    const { metadata } = await memory.head(at);
    const [name, text] = Object.entries(metadata!)[0]!;
    await memory.put(at, plain, { metadata: { [name]: text.replace("1.", "2.") } });
    await expect(over(memory).head(at)).rejects.toMatchObject({ code: "ERR_OTHER_SEAL" });
    // Whatever is changed of what is kept about an object, the object does not open.
    await over(memory).put(at, plain);
    const kept = (await memory.head(at)).metadata![name]!;
    for (let i = 0; i < kept.length; i++) {
      const changed = kept.slice(0, i) + (kept[i] === "A" ? "B" : "A") + kept.slice(i + 1);
      await memory.copy(at, at, { replaceHeaders: true, metadata: { [name]: changed } });
      const codes = ["ERR_OTHER_SEAL", "ERR_WRONG_KEY", "ERR_UNKNOWN_KEY"];
      const error: unknown = await over(memory)
        .get(at)
        .catch((refused: unknown) => refused);
      expect(codes, `character ${i}`).toContain((error as { code?: unknown }).code);
    }
  });

  test("says in no error what a key or an object is", async () => {
    const secret = keysWith("k1");
    const memory = memoryStore();
    await over(memory).put(at, new TextEncoder().encode("a secret of 19 bytes"));
    await replace(memory, flipped(await bytesOf(memory), 60, 1));
    const error: unknown = await bytesOf(over(memory)).catch((refused: unknown) => refused);
    const key = secret.get("k1") as Uint8Array;
    const said = JSON.stringify(error, Object.getOwnPropertyNames(error));
    for (const text of ["secret", btoa(String.fromCharCode(...key)), Buffer.from(key).toString("hex")])
      expect(said).not.toContain(text);
  });
});
