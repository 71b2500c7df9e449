import { createHash } from "node:crypto";
import {
  type Chunks,
  chunksOf,
  MemoryStore,
  type ObjectStore,
  type PartInfo,
  streamOf,
} from "@sluice/object-store";
import { encryptedStore, type FrameTransform, transformedStore, wholeFrames } from "@sluice/s3-encryption";
import { describe, expect, test, vi } from "vitest";
import { keysWith } from "./keys.js";

const at = { bucket: "b", key: "k" };
const bytesOf = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 37 + 11) & 0xff);
const made = (frameSize = 8, limits = {}) => {
  const memory = new MemoryStore({ limits: { minPartSize: 1, ...limits }, chunkSize: 10 });
  return { memory, store: encryptedStore(memory, { keys: keysWith("k1"), frameSize }) };
};
const read = async (store: ObjectStore, options = {}) => [
  ...new Uint8Array(await new Response((await store.get(at, options)).body).arrayBuffer()),
];

/** A body that says how often it was asked, and why it was stopped. */
function watched(pieces: readonly Uint8Array[]) {
  const left = [...pieces];
  const state = { asked: 0, stopped: [] as unknown[] };
  const chunks: Chunks = {
    async next() {
      state.asked++;
      const piece = left.shift();
      return piece && new Uint8Array(piece);
    },
    cancel: (reason) => void state.stopped.push(reason),
  };
  return { state, stream: streamOf(chunks) };
}

describe("what a client sees of an encrypted store", () => {
  test("a checksum that came with a put is told again, and the store underneath does not learn it", async () => {
    const { memory, store } = made();
    const value = createHash("sha256").update(bytesOf(20)).digest("base64");
    await store.put(at, bytesOf(20), { checksum: { algorithm: "sha256", value } });
    const checksum = { algorithm: "sha256", value, type: "full-object" };
    expect(await store.head(at)).toMatchObject({ checksum, size: 20 });
    const { body, ...got } = await store.get(at, { partNumber: 1 });
    await body.cancel();
    expect(got).toMatchObject({ part: { checksum, range: { start: 0, end: 19 } } });
    expect(JSON.stringify(await memory.head(at))).not.toContain(value);
    await store.copy(at, { ...at, key: "copy" });
    expect(await store.head({ ...at, key: "copy" })).toMatchObject({ checksum });
  });

  test("headers and metadata come back, without what is the store's own", async () => {
    const { store } = made();
    const headers = { contentType: "text/x", cacheControl: "no-store", metadata: { a: "b" } };
    await store.put(at, bytesOf(3), headers);
    const { metadata, contentType, cacheControl } = await store.head(at);
    expect({ metadata, contentType, cacheControl }).toEqual(headers);
    const taken = store.put(at, bytesOf(3), { metadata: { "Sluice-Seal": "1" } });
    await expect(taken).rejects.toMatchObject({ code: "InvalidArgument" });
    await store.copy(at, at, { replaceHeaders: true, metadata: { c: "d" } });
    expect((await store.head(at)).metadata).toEqual({ c: "d" });
    expect(await read(store)).toEqual([...bytesOf(3)]);
  });

  test("an ETag is the same everywhere, is not taken for an MD5, and holds in conditions", async () => {
    const { memory, store } = made();
    const { etag, encryption } = await store.put(at, bytesOf(3));
    expect(etag).toMatch(/^"[0-9a-f]{32}-sealed"$/);
    expect(encryption).toBe("client");
    const { objects } = await store.list("b");
    expect(objects.map((object) => object.etag)).toEqual([etag]);
    expect((await store.head(at, { ifMatch: `"other", ${etag}` })).etag).toBe(etag);
    await expect(store.head(at, { ifNoneMatch: etag })).rejects.toMatchObject({ code: "NotModified" });
    await store.put(at, bytesOf(4), { ifMatch: etag });
    await expect(store.put(at, bytesOf(5), { ifMatch: etag })).rejects.toMatchObject({
      code: "PreconditionFailed",
    });
    expect((await memory.head(at)).etag).toMatch(/^"[0-9a-f]{32}"$/);
  });

  test("limits are those of the plain bytes, and the largest that they allow fits", async () => {
    const { store } = made(8, { minPartSize: 5, maxPutSize: 100, maxPartSize: 100, maxParts: 3 });
    expect(store.limits).toMatchObject({ minPartSize: 8, maxPartSize: 16, maxPutSize: 16, partMultiple: 8 });
    await store.put(at, bytesOf(16));
    await expect(store.put(at, bytesOf(17))).rejects.toMatchObject({ code: "EntityTooLarge" });
    const upload = await store.createMultipart(at);
    const parts = [];
    for (const n of [1, 2, 3]) parts.push(await store.putPart(upload, n, bytesOf(16)));
    await expect(store.putPart(upload, 1, bytesOf(17))).rejects.toMatchObject({ code: "EntityTooLarge" });
    await expect(store.putPart(upload, 4, bytesOf(1))).rejects.toMatchObject({ code: "InvalidArgument" });
    await store.completeMultipart(upload, parts);
    expect((await store.head(at)).size).toBe(48);
  });

  test("progress is told in plain bytes", async () => {
    const { memory } = made();
    const telling = Object.assign(Object.create(memory), {
      put: async (...[target, body, options]: Parameters<ObjectStore["put"]>) => {
        for (let i = 0; i < 3 * 44; i++) options?.onSent?.(1);
        return memory.put(target, body, options);
      },
    }) as ObjectStore;
    let sent = 0;
    const onSent = (bytes: number) => {
      sent += bytes;
    };
    await encryptedStore(telling, { keys: keysWith("k1"), frameSize: 8 }).put(at, bytesOf(24), { onSent });
    expect(sent).toBe(24);
  });
});

describe("an upload into an encrypted store", () => {
  test.each([
    ["a part that ends within a frame, and is not the last", [9, 8], [1, 2], "InvalidPart"],
    ["parts of different sizes", [16, 8, 8], [1, 2, 3], "InvalidPart"],
    ["a last part that is larger than the others", [8, 16], [1, 2], "InvalidPart"],
    ["a gap", [8, 8], [1, 3], "InvalidPartOrder"],
    ["a beginning that is not 1", [8, 8], [2, 3], "InvalidPartOrder"],
    ["a part that is too small, and is not the last", [0, 8], [1, 2], "EntityTooSmall"],
  ])("is refused with %s, before anything is published", async (_, sizes, numbers, code) => {
    const { store } = made();
    const upload = await store.createMultipart(at);
    const parts = [];
    for (const [i, size] of sizes.entries()) {
      parts.push(await store.putPart(upload, numbers[i]!, bytesOf(size)));
    }
    await expect(store.completeMultipart(upload, parts)).rejects.toMatchObject({ code });
    await expect(store.head(at)).rejects.toMatchObject({ code: "NoSuchKey" });
  });

  test("is compared with the size and the checksum that are announced of the whole", async () => {
    const { store } = made();
    const upload = await store.createMultipart(at, { checksumAlgorithm: "crc32" });
    const parts: PartInfo[] = [];
    // Of 8 zeros, 16 zeros.
    for (const n of [1, 2]) {
      const checksum = { algorithm: "crc32", value: "ZSLfaQ==" } as const;
      parts.push(await store.putPart(upload, n, new Uint8Array(8), { checksum }));
    }
    const complete = (options: Parameters<ObjectStore["completeMultipart"]>[2]) =>
      store.completeMultipart(upload, parts, options);
    const whole = (value: string) => ({ checksum: { algorithm: "crc32", value } as const });
    await expect(complete({ size: 17 })).rejects.toMatchObject({ code: "InvalidRequest" });
    await expect(complete(whole("AAAAAA=="))).rejects.toMatchObject({ code: "BadDigest" });
    const bare = parts.map(({ partNumber, etag }) => ({ partNumber, etag }));
    const unknown = store.completeMultipart(upload, bare, whole("AAAAAA=="));
    await expect(unknown).rejects.toMatchObject({ code: "NotImplemented" });
    await expect(complete({ size: 16, ...whole("7LtLVQ==") })).resolves.toMatchObject(whole("7LtLVQ=="));
  });

  test("can be completed a second time after a failure, and listed by who has only the store's id", async () => {
    const { store } = made();
    const upload = await store.createMultipart(at);
    const parts = [await store.putPart(upload, 1, bytesOf(8))];
    const failing = store.completeMultipart(upload, parts, { ifMatch: '"none"' });
    await expect(failing).rejects.toMatchObject({ code: "NoSuchKey" });
    const { uploads } = await store.listMultiparts("b");
    expect((await store.listParts(uploads[0]!)).parts).toMatchObject([{ partNumber: 1, size: 8 }]);
    const listed = store.putPart(uploads[0]!, 2, bytesOf(1));
    await expect(listed).rejects.toMatchObject({ code: "NoSuchUpload" });
    await store.completeMultipart(upload, parts);
    expect(await read(store)).toEqual([...bytesOf(8)]);
    const left = await store.createMultipart(at);
    const [{ uploadId } = left] = (await store.listMultiparts("b")).uploads;
    await store.abortMultipart({ ...at, uploadId });
    expect((await store.listMultiparts("b")).uploads).toEqual([]);
  });

  test("does not take the envelope of another object", async () => {
    const { store } = made();
    const one = await store.createMultipart(at);
    const other = await store.createMultipart({ ...at, key: "other" });
    const mixed = { ...one, uploadId: `${one.uploadId.split("~")[0]}~${other.uploadId.split("~")[1]}` };
    await expect(store.putPart(mixed, 1, bytesOf(1))).rejects.toMatchObject({ code: "ERR_WRONG_KEY" });
  });
});

describe("keys", () => {
  test("rotate by copying an object to itself, whatever it is bound to", async () => {
    const { memory, store } = made();
    await store.put(at, bytesOf(20), { contentType: "text/x", metadata: { a: "b" } });
    const before = await memory.head(at);
    const rotated = encryptedStore(memory, { keys: keysWith("k2"), frameSize: 8 });
    await rotated.copy(at, at);
    const only = encryptedStore(memory, { keys: keysWith("k2", ["k2"]), frameSize: 8 });
    expect(await read(only)).toEqual([...bytesOf(20)]);
    expect(await only.head(at)).toMatchObject({ contentType: "text/x", metadata: { a: "b" } });
    // The bytes have stayed where they were.
    expect((await memory.head(at)).etag).toBe(before.etag);
  });

  test("may be CryptoKeys that nobody can take out", async () => {
    const raw = crypto.getRandomValues(new Uint8Array(32));
    const key = await crypto.subtle.importKey("raw", raw, "HKDF", false, ["deriveBits"]);
    const memory = new MemoryStore();
    await encryptedStore(memory, { keys: { current: "a", get: async () => key } }).put(at, bytesOf(9));
    expect(await read(encryptedStore(memory, { keys: { current: "b", get: () => raw } }))).toEqual([
      ...bytesOf(9),
    ]);
  });

  test("are not trusted to a cipher that opens anything, or that cannot open piece by piece", () => {
    const pass = { setAAD() {}, update: (bytes: Uint8Array) => bytes, final: () => new Uint8Array(0) };
    const careless = { ...pass, setAuthTag() {}, getAuthTag: () => new Uint8Array(16) };
    const refusing = () => {
      throw new Error("not implemented");
    };
    const asking = vi.spyOn(process, "getBuiltinModule");
    const web = encryptedStore(new MemoryStore(), { keys: keysWith("k1"), cipher: "web" }).limits.holds;
    for (const open of [() => careless, refusing]) {
      asking.mockReturnValue({ createCipheriv: () => careless, createDecipheriv: open });
      expect(encryptedStore(new MemoryStore(), { keys: keysWith("k1") }).limits.holds).toEqual(web);
    }
    asking.mockRestore();
    const native = encryptedStore(new MemoryStore(), { keys: keysWith("k1") }).limits.holds;
    expect(native!.get).toBeLessThan(web!.get);
  });

  test("that cannot be any are refused", async () => {
    const memory = new MemoryStore();
    const invalid = { code: "ERR_INVALID_VALUE" };
    const short = encryptedStore(memory, { keys: { current: "a", get: () => new Uint8Array(16) } });
    await expect(short.put(at, bytesOf(1))).rejects.toMatchObject(invalid);
    const thrown = (options: object) => {
      try {
        return encryptedStore(memory, { keys: keysWith("k1"), ...options });
      } catch (error) {
        return error;
      }
    };
    expect(thrown({ keys: { current: "not a name", get: () => undefined } })).toMatchObject(invalid);
    expect(thrown({ keys: undefined })).toMatchObject(invalid);
    for (const frameSize of [0, 1.5, 2 ** 27]) expect(thrown({ frameSize })).toMatchObject(invalid);
  });
});

describe("bodies", () => {
  test("of a reader who has asked for nothing are not read", async () => {
    const { memory, store } = made();
    await store.put(at, bytesOf(100));
    const { state, stream } = watched([bytesOf(100)]);
    const idle = Object.assign(Object.create(memory), {
      get: async () => ({ ...(await memory.get(at)), body: stream }),
    }) as ObjectStore;
    const { body } = await encryptedStore(idle, { keys: keysWith("k1"), frameSize: 8 }).get(at);
    expect(state.asked).toBe(0);
    await body.cancel("enough");
    expect(state.stopped).toEqual(["enough"]);
  });

  test("are read no further than the frame that is handed out", async () => {
    const { memory, store } = made(8);
    await store.put(at, bytesOf(64));
    const sealed = new Uint8Array(await new Response((await memory.get(at)).body).arrayBuffer());
    const { state, stream } = watched(Array.from({ length: 8 }, (_, i) => sealed.slice(i * 44, i * 44 + 44)));
    const slow = Object.assign(Object.create(memory), {
      get: async () => ({ ...(await memory.get(at)), body: stream }),
    }) as ObjectStore;
    const { body } = await encryptedStore(slow, { keys: keysWith("k1"), frameSize: 8 }).get(at);
    const chunks = chunksOf(body);
    for (let i = 1; i <= 3; i++) {
      expect(await chunks.next()).toEqual(bytesOf(64).slice((i - 1) * 8, i * 8));
      expect(state.asked).toBe(i);
    }
    chunks.cancel("enough");
    expect(await chunks.next()).toBeUndefined();
  });

  test("come as asked for from a store that heeds no ranges", async () => {
    const { memory, store } = made();
    await store.put(at, bytesOf(30));
    const heedless = Object.assign(Object.create(memory), {
      get: async () => memory.get(at),
    }) as ObjectStore;
    const over = encryptedStore(heedless, { keys: keysWith("k1"), frameSize: 8 });
    expect(await read(over, { range: { start: 17, end: 25 } })).toEqual([...bytesOf(30).slice(17, 26)]);
  });

  test("are given back to nobody else while they are read", async () => {
    const { store } = made(1000);
    const keys = Array.from({ length: 12 }, (_, i) => ({ ...at, key: `k${i}` }));
    for (const [i, key] of keys.entries()) await store.put(key, new Uint8Array(5_000).fill(i));
    const bodies = await Promise.all(keys.map(async (key) => chunksOf((await store.get(key)).body)));
    const seen = keys.map(() => 0);
    for (let left = bodies.length; left > 0; ) {
      for (const [i, body] of bodies.entries()) {
        const chunk = await body.next();
        if (chunk === undefined) continue;
        expect(chunk.every((byte) => byte === i)).toBe(true);
        seen[i]! += chunk.length;
        // Some leave half-way, and what they had goes to others.
        if (seen[i] === 5_000 || (i % 3 === 0 && seen[i] === 2_000)) left--;
        if (i % 3 === 0 && seen[i] === 2_000) body.cancel("enough");
      }
    }
  });

  test("whose source fails, reject with that, and leave nothing", async () => {
    const { memory, store } = made();
    const error = new Error("the disk is gone");
    const failing = () =>
      new ReadableStream<Uint8Array>({
        start: (controller) => controller.enqueue(bytesOf(20)),
        pull: (controller) => controller.error(error),
      });
    await expect(store.put(at, { stream: failing(), length: 40 })).rejects.toBe(error);
    await expect(memory.head(at)).rejects.toMatchObject({ code: "NoSuchKey" });
  });

  test("whose request is refused before it is begun are told to stop", async () => {
    const { store } = made(8, { maxPutSize: 100 });
    const { state, stream } = watched([bytesOf(20)]);
    await expect(store.put(at, { stream, length: 4_000 })).rejects.toMatchObject({ code: "EntityTooLarge" });
    expect(state).toMatchObject({ asked: 0, stopped: [expect.objectContaining({ code: "EntityTooLarge" })] });
  });
});

describe("a transform of one's own", () => {
  const flip = (bytes: Uint8Array, by: number) => new Uint8Array(bytes.map((byte) => byte ^ by));
  const codec = {
    ...wholeFrames(() => ({
      seal: async (plain, { index }) => [flip(plain, index + 1), Uint8Array.of(index)],
      open: async (sealed, { index }) => {
        if (sealed.at(-1) !== index) throw new Error("another frame");
        return flip(sealed.subarray(0, -1), index + 1);
      },
    })),
    sealEmpty: async ({ index }: { index: number }) => Uint8Array.of(index),
  };
  const transform: FrameTransform = {
    name: "flip",
    frameSize: 4,
    overhead: 1,
    holds: { get: 10, put: 10 },
    begin: async ({ note }) => ({ header: note === "" ? "" : "noted", codec }),
    resume: async () => ({ note: "", codec }),
    moved: async (header) => header,
  };

  test("has the same sizes, ranges and parts", async () => {
    const memory = new MemoryStore({ limits: { minPartSize: 1 } });
    const store = transformedStore(memory, transform);
    await store.put(at, bytesOf(10));
    expect((await memory.head(at)).size).toBe(10 + 3 * 5);
    expect(await read(store, { range: { start: 3, end: 8 } })).toEqual([...bytesOf(10).slice(3, 9)]);
    const upload = await store.createMultipart(at);
    const parts = [await store.putPart(upload, 1, bytesOf(8)), await store.putPart(upload, 2, bytesOf(8))];
    await store.completeMultipart(upload, parts);
    expect(await read(store)).toEqual([...bytesOf(8), ...bytesOf(8)]);
    expect(store.limits.holds).toEqual({ get: 10, put: 10 });
    const encrypted = encryptedStore(memory, { keys: keysWith("k1"), frameSize: 4 });
    await expect(encrypted.get(at)).rejects.toMatchObject({ code: "ERR_OTHER_SEAL" });
  });

  test("that opens to another size, or fails, passes nothing on", async () => {
    const memory = new MemoryStore();
    await transformedStore(memory, transform).put(at, bytesOf(4));
    const short = {
      ...codec,
      ...wholeFrames(() => ({ seal: async () => [], open: async () => bytesOf(3) })),
    };
    const wrong = transformedStore(memory, {
      ...transform,
      resume: async () => ({ note: "", codec: short }),
    });
    await expect(read(wrong)).rejects.toMatchObject({
      code: "ERR_TAMPERED",
      frame: 0,
      bucket: "b",
      key: "k",
    });
  });
});
