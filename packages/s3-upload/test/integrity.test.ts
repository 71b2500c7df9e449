import { type Checksum, digestOf, fail, flipBit, type PartInfo, StoreError } from "@sluice/object-store";
import { upload } from "@sluice/s3-upload";
import { describe, expect, test } from "vitest";
import { overriding } from "./overriding.js";
import { bytesOf, TARGET, world } from "./worlds.js";

const AT_ONCE = { baseDelay: 0 };
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => "published",
    (error: unknown) => error,
  );

describe("the checksum of the object", () => {
  for (const integrity of ["crc32", "crc32c", "crc64nvme"] as const) {
    test(`is the ${integrity} of all its bytes, made of those of its parts, and sent along to be checked`, async () => {
      const { store } = await world();
      const result = await upload(store, TARGET, bytesOf(21), { partSize: 8, integrity });
      const value = base64(await digestOf(integrity, bytesOf(21)));
      const checksum = { algorithm: integrity, value, type: "full-object" };
      expect(result.checksum).toEqual(checksum);
      const options = (method: string) => store.calls.find((call) => call.method === method)?.args.at(-1);
      expect(options("createMultipart")).toMatchObject({
        checksumAlgorithm: integrity,
        checksumType: "full-object",
      });
      expect(options("completeMultipart")).toMatchObject({ checksum, size: 21 });
    });
  }

  test("is made of the parts' checksums by those that can do no more, or if told so", async () => {
    for (const options of [
      { integrity: "sha256" as const },
      { integrity: "sha1" as const },
      { integrity: "crc32" as const, checksumType: "composite" as const },
    ]) {
      const { store } = await world();
      const { checksum } = await upload(store, TARGET, bytesOf(21), { partSize: 8, ...options });
      expect(checksum).toMatchObject({ algorithm: options.integrity, type: "composite" });
      expect(checksum?.value).toMatch(/-3$/);
    }
  });

  test("that the store finds to be another one is refused, and nothing is published", async () => {
    const { store, object, leftovers } = await world();
    // The second part reaches the store as another one, with the digest of that.
    const lying = overriding(store, {
      putPart: async (at, number, bytes, options) => {
        if (number !== 2) return store.putPart(at, number, bytes, options);
        const answer = await store.putPart(at, number, bytesOf(8), { signal: options?.signal });
        return { ...answer, checksum: options?.checksum };
      },
    });
    const failed = await failureOf(upload(lying, TARGET, bytesOf(24), { partSize: 8 }));
    expect(failed).toMatchObject({ code: "InvalidPart" });
    expect([await object(), await leftovers()]).toEqual([undefined, 0]);
  });

  test("is left out for stores that know none, by md5 and none", async () => {
    for (const integrity of ["md5", "none"] as const) {
      const { store } = await world();
      expect((await upload(store, TARGET, bytesOf(21), { partSize: 8, integrity })).checksum).toBeUndefined();
    }
  });
});

describe("an answer", () => {
  const wrong: Record<string, (part: PartInfo) => PartInfo> = {
    crc32: (part) => ({ ...part, checksum: { algorithm: "crc32", value: "AAAAAA==" } }),
    md5: (part) => ({ ...part, etag: `"${"0".repeat(32)}"` }),
  };
  for (const integrity of ["crc32", "md5"] as const) {
    test(`to a part with another ${integrity} is not believed: the part is sent again`, async () => {
      const { store, object, calls } = await world();
      let spoilt = 1;
      const spoiling = overriding(store, {
        putPart: async (...args) => {
          const part = await store.putPart(...args);
          return spoilt-- > 0 ? wrong[integrity]!(part) : part;
        },
      });
      await upload(spoiling, TARGET, bytesOf(20), { partSize: 8, slots: 1, integrity, retry: AT_ONCE });
      expect(calls("putPart")).toBe(4);
      expect(await object()).toEqual(bytesOf(20));
    });

    test(`to a part that has another ${integrity} each time fails the upload, and nothing is published`, async () => {
      const { store, object, leftovers } = await world();
      const spoiling = overriding(store, {
        putPart: async (...args) => wrong[integrity]!(await store.putPart(...args)),
      });
      const options = { partSize: 8, integrity, retry: { ...AT_ONCE, attempts: 2 } };
      const error = await failureOf(upload(spoiling, TARGET, bytesOf(20), options));
      expect(error).toMatchObject({
        code: "ERR_INTEGRITY_MISMATCH",
        what: "part",
        partNumber: 1,
        algorithm: integrity === "md5" ? "etag" : "crc32",
        published: false,
      });
      expect((error as Error).message).toMatch(/^the store has part 1 with the \w+ .*, not /);
      expect([await object(), await leftovers()]).toEqual([undefined, 0]);
    });
  }

  test("to a part without an ETag is asked for again, and fails by its own name", async () => {
    const { store } = await world();
    const mute = overriding(store, {
      putPart: async (...args) => ({ ...(await store.putPart(...args)), etag: "" }),
    });
    const options = { partSize: 8, retry: { ...AT_ONCE, attempts: 2 } };
    expect(await failureOf(upload(mute, TARGET, bytesOf(20), options))).toMatchObject({
      code: "ERR_NO_ETAG",
      partNumber: 1,
    });
  });

  test("with an ETag that is no MD5, by its form or by encryption, is believed", async () => {
    for (const change of [
      { etag: '"not-an-md5"' },
      { etag: `"${"0".repeat(32)}"`, encryption: "aws:kms" },
      { etag: `"${"0".repeat(32)}"`, encryption: "customer" },
    ]) {
      const { store, object } = await world();
      const etags = new Map<number, string>();
      const odd = overriding(store, {
        putPart: async (...args) => {
          const part = await store.putPart(...args);
          etags.set(part.partNumber, part.etag);
          return { ...part, ...change };
        },
        completeMultipart: (at, parts, options) =>
          store.completeMultipart(
            at,
            parts.map((part) => ({ ...part, etag: etags.get(part.partNumber)! })),
            options,
          ),
      });
      await upload(odd, TARGET, bytesOf(20), { partSize: 8, integrity: "md5" });
      expect(await object()).toEqual(bytesOf(20));
    }
  });

  test("to Complete that differs says so: the object is there, and is left as it is", async () => {
    const otherChecksum: Checksum = { algorithm: "crc32", value: "AAAAAA==", type: "full-object" };
    const otherComposite: Checksum = { algorithm: "crc32", value: "AAAAAA==-3", type: "composite" };
    for (const [integrity, change] of [
      ["crc32", { checksum: otherChecksum }],
      ["crc32", { checksum: otherComposite }],
      ["sha256", { checksum: { algorithm: "sha256", value: "x-3", type: "composite" } as Checksum }],
      ["md5", { etag: `"${"0".repeat(32)}-3"` }],
    ] as const) {
      const { store, object, leftovers } = await world();
      const spoiling = overriding(store, {
        completeMultipart: async (...args) => ({ ...(await store.completeMultipart(...args)), ...change }),
      });
      expect(
        await failureOf(upload(spoiling, TARGET, bytesOf(20), { partSize: 8, integrity })),
      ).toMatchObject({
        code: "ERR_INTEGRITY_MISMATCH",
        what: "object",
        published: true,
        retryable: false,
      });
      expect([await object(), await leftovers()]).toEqual([bytesOf(20), 0]);
    }
  });

  test("to a put that differs is written over, unless a condition forbids it", async () => {
    for (const [conditions, calls] of [
      [{}, 2],
      [{ ifNoneMatch: "*" as const }, 1],
    ] as const) {
      const { store, calls: count } = await world();
      let spoilt = 1;
      const spoiling = overriding(store, {
        put: async (...args) => {
          const result = await store.put(...args);
          return spoilt-- > 0 ? { ...result, checksum: { algorithm: "crc32", value: "AAAAAA==" } } : result;
        },
      });
      const outcome = await failureOf(
        upload(spoiling, TARGET, bytesOf(5), { ...conditions, retry: AT_ONCE }),
      );
      if (calls === 2) expect(outcome).toBe("published");
      else expect(outcome).toMatchObject({ code: "ERR_INTEGRITY_MISMATCH", what: "object", published: true });
      expect(count("put")).toBe(calls);
    }
  });
});

test("crc64nvme catches a flipped bit, in parts and in one put", async () => {
  for (const size of [20, 5]) {
    const { store, object } = await world([flipBit("putPart", 3), flipBit("put", 3)]);
    await upload(store, TARGET, bytesOf(size), { partSize: 8, integrity: "crc64nvme", retry: AT_ONCE });
    expect(await object()).toEqual(bytesOf(size));
  }
});

test("a lost answer to Complete is found by the checksum where ETags tell nothing", async () => {
  for (const other of [false, true]) {
    const { store, calls } = await world();
    const etags = new Map<number, string>();
    const encrypted = overriding(store, {
      putPart: async (...args) => {
        const part = await store.putPart(...args);
        etags.set(part.partNumber, part.etag);
        return { ...part, etag: `"${"0".repeat(31)}${part.partNumber}"`, encryption: "aws:kms" };
      },
      completeMultipart: async (at, parts, options) => {
        const own = parts.map((part) => ({ ...part, etag: etags.get(part.partNumber)! }));
        if (calls("completeMultipart") > 0) return store.completeMultipart(at, own, options);
        await store.completeMultipart(at, own, options);
        if (other) await store.put(TARGET, bytesOf(21), { checksum: undefined });
        throw new StoreError("NetworkError", "cut");
      },
    });
    const outcome = await failureOf(upload(encrypted, TARGET, bytesOf(20), { partSize: 8, retry: AT_ONCE }));
    if (other) expect(outcome).toMatchObject({ code: "NoSuchUpload" });
    else expect(outcome).toBe("published");
  }
});

test("a conflict on Complete asks for a new upload with all of the body, and leaves nothing behind", async () => {
  const conflict = new StoreError("ConditionalRequestConflict", "another write", { status: 409 });
  for (const options of [{}, { onCheckpoint: () => undefined }]) {
    const { store, leftovers, calls } = await world([fail("completeMultipart", () => conflict)]);
    const error = await failureOf(
      upload(store, TARGET, bytesOf(20), { partSize: 8, ifNoneMatch: "*", ...options }),
    );
    expect(error).toMatchObject({ code: "ERR_UPLOAD_CONFLICT", cause: conflict });
    expect((error as Error).message).toBe(
      "another write to key came between: begin again, with all of the body",
    );
    expect([calls("completeMultipart"), await leftovers()]).toEqual([1, 0]);
  }
});
