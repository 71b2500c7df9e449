import { fail, hang, loseAnswer, type ObjectStore, StoreError, slow } from "@sluice/object-store";
import {
  type RandomAccessBody,
  type ResumeToken,
  type UploadBody,
  type UploadEvent,
  type UploadOptions,
  upload,
} from "@sluice/s3-upload";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { overriding } from "./overriding.js";
import { bytesOf, cut, spied, TARGET, type World, world } from "./worlds.js";

const AT_ONCE = { baseDelay: 0, maxDelay: 0 };
const PART = 8;
const body = (size = 60) => cut(bytesOf(size), [5]);
const denied = () => new StoreError("AccessDenied", "no", { status: 403 });
const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => "published",
    (error: unknown) => error,
  );
const throughJson = (token: ResumeToken): ResumeToken => JSON.parse(JSON.stringify(token)) as ResumeToken;

/** An upload that dies at its `nth` part, and the last token that it gave. */
async function died(
  { store }: Pick<World, "store"> | { store: ObjectStore },
  nth: number,
  options: UploadOptions = {},
  what: UploadBody = body(),
): Promise<ResumeToken> {
  let parts = 0;
  const dying = overriding(store, {
    putPart: (...args) => (++parts >= nth ? Promise.reject(denied()) : store.putPart(...args)),
  });
  let token: ResumeToken | undefined;
  const onCheckpoint = (last: ResumeToken) => {
    token = throughJson(last);
  };
  const failure = failureOf(
    upload(dying, TARGET, what, { partSize: PART, slots: 1, ...options, onCheckpoint }),
  );
  expect(await failure).toMatchObject({ code: "AccessDenied" });
  return token!;
}

const sentParts = ({ store }: World) =>
  store.calls.filter(({ method }) => method === "putPart").map(({ args }) => args[1] as number);

describe("U10: a resume token", () => {
  const algorithms = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256", "md5"] as const;
  for (const integrity of algorithms) {
    test(`continues the same upload with no part sent twice, by ${integrity}`, async () => {
      const there = await world();
      const resume = await died(there, 4, { integrity });
      expect(await there.leftovers()).toBe(1);
      const events: UploadEvent[] = [];
      const options = { resume, onEvent: (event: UploadEvent) => events.push(event) };
      const result = await upload(there.store, TARGET, body(), options);
      expect(result).toMatchObject({ size: 60, parts: 8, uploadId: resume.uploadId });
      expect(await there.object()).toEqual(bytesOf(60));
      expect(sentParts(there)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      expect(events[0]).toEqual({ type: "resumed", uploadId: resume.uploadId, parts: 3 });
      const parts = events.flatMap((event) => (event.type === "part" ? [event] : []));
      expect(
        parts
          .filter(({ sent }) => !sent)
          .map(({ partNumber }) => partNumber)
          .sort(),
      ).toEqual([1, 2, 3]);
      expect(there.calls("createMultipart")).toBe(1);
      expect(await there.leftovers()).toBe(0);
    });
  }

  test("of a stream whose parts have grown is continued by a file with the same parts, in as few slots as one", async () => {
    const there = await world([], { maxParts: 10 });
    const stream = (size: number) => spied(cut(bytesOf(size), [5])).body;
    const fileOf = (bytes: Uint8Array): RandomAccessBody => ({
      size: bytes.length,
      readInto: async (into, position) => into.set(bytes.subarray(position, position + into.length)),
    });
    const resume = await died(there, 5, { partSize: 4, growth: "double", slots: 8 }, stream(100));
    expect([resume.partSize, resume.largestPartSize]).toEqual([4, 16]);

    const other = upload(there.store, TARGET, fileOf(bytesOf(101).subarray(1)), { resume });
    expect(await failureOf(other)).toMatchObject({ code: "ERR_RESUME_TOKEN", why: "body" });

    const { size, parts } = await upload(there.store, TARGET, fileOf(bytesOf(100)), { resume, slots: 1 });
    expect([size, parts]).toEqual([100, 8]);
    expect(await there.object()).toEqual(bytesOf(100));
    expect(new Set(sentParts(there)).size).toBe(sentParts(there).length);
  });

  test("is good wherever the upload died, however often, at any schedule", () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 70 }),
        fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 3 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 4, max: 16 }),
        fc.scheduler(),
        async (size, deaths, slots, partSize, s) => {
          const there = await world([slow("putPart", () => s.schedule(Promise.resolve()))]);
          const acknowledged = new Set<number>();
          let token: ResumeToken | undefined;
          for (const death of [...deaths, Number.POSITIVE_INFINITY]) {
            let parts = 0;
            const dying = overriding(there.store, {
              putPart: async (...args) => {
                expect(acknowledged.has(args[1])).toBe(false);
                if (++parts >= death) throw denied();
                const part = await there.store.putPart(...args);
                acknowledged.add(args[1]);
                return part;
              },
            });
            const onCheckpoint = (last: ResumeToken) => {
              token = throughJson(last);
            };
            const options = { slots, onCheckpoint, ...(token ? { resume: token } : { partSize }) };
            const outcome = await s.waitFor(failureOf(upload(dying, TARGET, body(size), options)));
            if (outcome === "published") break;
            expect(outcome).toMatchObject({ code: "AccessDenied" });
            expect(await there.leftovers()).toBe(1);
          }
          expect(await there.object()).toEqual(bytesOf(size));
          expect(await there.leftovers()).toBe(0);
        },
      ),
      { numRuns: 200 },
    ));

  test("that is older than the last part finds it by the store's own digest, and does not send it again", async () => {
    for (const integrity of ["crc32", "md5"] as const) {
      const there = await world();
      const tokens: ResumeToken[] = [];
      const onCheckpoint = (token: ResumeToken) => void tokens.push(throughJson(token));
      const dead = overriding(there.store, { completeMultipart: () => Promise.reject(denied()) });
      await failureOf(upload(dead, TARGET, body(), { partSize: PART, integrity, onCheckpoint }));
      expect(tokens).toHaveLength(9);
      for (const resume of tokens) {
        await failureOf(upload(dead, TARGET, body(), { resume }));
        expect(there.calls("putPart")).toBe(8);
      }
      await upload(there.store, TARGET, body(), { resume: tokens[0] });
      expect(there.calls("putPart")).toBe(8);
      expect(await there.object()).toEqual(bytesOf(60));
    }
  });

  test("of a part that nobody has heard of, and that is another one, sends it again", async () => {
    const there = await world();
    const resume = await died(there, 3);
    await there.store.putPart({ ...TARGET, uploadId: resume.uploadId }, 3, bytesOf(7));
    await there.store.putPart({ ...TARGET, uploadId: resume.uploadId }, 4, bytesOf(8).reverse());
    await upload(there.store, TARGET, body(), { resume });
    expect(await there.object()).toEqual(bytesOf(60));
    expect(sentParts(there).slice(-6)).toEqual([3, 4, 5, 6, 7, 8]);
  });

  test("reads all pages of the list of parts", async () => {
    const there = await world([], { maxPageSize: 2 });
    const resume = await died(there, 6);
    await upload(there.store, TARGET, body(), { resume });
    expect(there.calls("listParts")).toBe(3);
    expect(sentParts(there)).toHaveLength(8);
  });

  test("has at most 100 bytes a part, and no more than it needs", async () => {
    for (const integrity of algorithms) {
      const there = await world();
      const token = await died(there, 8, { integrity });
      expect(token.parts.length).toBeLessThan(7 * 60);
      expect(JSON.stringify(token)).not.toMatch(/secret|signal|function/);
    }
  });

  const changes: [string, string, (token: ResumeToken) => unknown, UploadOptions?][] = [
    ["null", "malformed", () => null],
    ["a text", "malformed", (token) => JSON.stringify(token)],
    ["of another version", "malformed", (token) => ({ ...token, version: 2 })],
    ["without an upload id", "malformed", (token) => ({ ...token, uploadId: "" })],
    ["without a part size", "malformed", (token) => ({ ...token, partSize: 0 })],
    ["with a part size that is a text", "malformed", (token) => ({ ...token, partSize: "8" })],
    ["with a length below zero", "malformed", (token) => ({ ...token, length: -1 })],
    ["with a digest that is none", "malformed", (token) => ({ ...token, integrity: "none" })],
    ["with a digest out of a prototype", "malformed", (token) => ({ ...token, integrity: "toString" })],
    ["with a kind of checksum that is none", "malformed", (token) => ({ ...token, checksumType: "half" })],
    ["without parts", "malformed", (token) => ({ ...token, parts: undefined })],
    ["with parts that are no base64", "malformed", (token) => ({ ...token, parts: "ä,ö" })],
    ["with parts cut off", "malformed", (token) => ({ ...token, parts: token.parts.slice(0, -2) })],
    ["with parts of another digest", "malformed", (token) => ({ ...token, integrity: "sha1" })],
    ["that is larger than a token", "malformed", (token) => ({ ...token, parts: ",".repeat(400_000) })],
    ["of another bucket", "target", (token) => ({ ...token, bucket: "other" })],
    ["of another key", "target", (token) => ({ ...token, key: "other" })],
    ["of an upload that is gone", "gone", (token) => ({ ...token, uploadId: "0".repeat(36) })],
    ["of another part size", "options", (token) => token, { partSize: 16 }],
    ["of another digest", "options", (token) => token, { integrity: "sha256" }],
    ["of another kind of checksum", "options", (token) => token, { checksumType: "composite" }],
    ["of another length", "body", (token) => ({ ...token, length: 61 }), { length: 60 }],
  ];
  for (const [name, why, change, options] of changes) {
    test(`${name} is refused, with nothing sent or removed, and the source cancelled`, async () => {
      const there = await world();
      const resume = change(await died(there, 4)) as ResumeToken;
      const before = there.store.calls.length;
      const source = spied(body());
      const refused = failureOf(upload(there.store, TARGET, source.body, { ...options, resume }));
      expect(await refused).toMatchObject({ name: "ResumeTokenError", code: "ERR_RESUME_TOKEN", why });
      expect(source.state).toMatchObject({ stopped: true, asked: 0 });
      const calls = there.store.calls.slice(before).map(({ method }) => method);
      expect(calls.filter((method) => method !== "listParts")).toEqual([]);
      expect(await there.leftovers()).toBe(1);
    });
  }

  test("that names a part which the store does not have, or has another one of, is refused", async () => {
    const there = await world();
    const resume = await died(there, 4);
    const at = { ...TARGET, uploadId: resume.uploadId };
    await there.store.putPart(at, 2, bytesOf(8).reverse());
    expect(await failureOf(upload(there.store, TARGET, body(), { resume }))).toMatchObject({
      code: "ERR_RESUME_TOKEN",
      why: "parts",
      message: "the upload cannot be resumed: the store has another part 2",
    });
    const forgetful = overriding(there.store, { listParts: async () => ({ parts: [] }) });
    expect(await failureOf(upload(forgetful, TARGET, body(), { resume }))).toMatchObject({
      code: "ERR_RESUME_TOKEN",
      message: "the upload cannot be resumed: the store does not have part 1",
    });
  });

  test("with another body is refused at the first part that differs, and the parts stay as they were", async () => {
    for (const other of [
      bytesOf(60).fill(7, 10, 11),
      bytesOf(12),
      bytesOf(8),
      bytesOf(0),
      bytesOf(60).reverse(),
    ]) {
      for (const leavePartsOnError of [undefined, false]) {
        const there = await world();
        const resume = await died(there, 4);
        const refused = failureOf(
          upload(there.store, TARGET, [other], { resume, leavePartsOnError, slots: 1 }),
        );
        expect(await refused).toMatchObject({ code: "ERR_RESUME_TOKEN", why: "body" });
        expect([await there.object(), await there.leftovers()]).toEqual([undefined, 1]);
        await upload(there.store, TARGET, body(), { resume });
        expect(await there.object()).toEqual(bytesOf(60));
      }
    }
  });

  test("whose list of parts cannot be had fails with the store's own error, and an abort with its reason", async () => {
    const there = await world([fail("listParts", denied)]);
    const resume = await died(there, 4);
    expect(await failureOf(upload(there.store, TARGET, body(), { resume }))).toMatchObject({
      code: "AccessDenied",
    });
    const circling = overriding(there.store, { listParts: async () => ({ parts: [], next: 1 }) });
    expect(await failureOf(upload(circling, TARGET, body(), { resume }))).toMatchObject({
      code: "InternalError",
    });
    const stalled = await world([hang("listParts")]);
    const stop = new AbortController();
    const running = upload(stalled.store, TARGET, body(), { resume, signal: stop.signal });
    stop.abort("enough");
    expect(await failureOf(running)).toBe("enough");
  });
});

describe("checkpoints", () => {
  test("begin with the upload, come after each part, and not for a body that takes one put", async () => {
    const { store } = await world();
    const counts: number[] = [];
    const onCheckpoint = ({ parts }: ResumeToken) => counts.push(parts.split(",").filter(Boolean).length);
    await upload(store, TARGET, bytesOf(20), { partSize: 8, slots: 1, onCheckpoint });
    expect(counts).toEqual([0, 1, 2, 3]);
    await upload(store, TARGET, bytesOf(5), { partSize: 8, onCheckpoint });
    expect(counts).toHaveLength(4);
  });

  test("keep the parts after a failure and after an abort, unless told not to, or before there is one", async () => {
    const noToken = () => {
      throw new Error("disk full");
    };
    const cases = [
      [{ onCheckpoint: () => undefined }, 1],
      [{ onCheckpoint: () => undefined, leavePartsOnError: false }, 0],
      [{ onCheckpoint: noToken }, 0],
    ] as const;
    for (const [options, left] of cases) {
      const stop = new AbortController();
      for (const failing of [
        fail("putPart", denied, 2),
        hang("putPart", ({ nth }) => {
          if (nth === 2) stop.abort("enough");
          return nth === 2;
        }),
      ]) {
        const { store, leftovers } = await world([failing]);
        const all = { partSize: 8, slots: 1, signal: stop.signal, ...options };
        expect(await failureOf(upload(store, TARGET, bytesOf(20), all))).not.toBe("published");
        expect(await leftovers()).toBe(left);
      }
    }
  });

  test("need a digest, and say so", async () => {
    const { store } = await world();
    const options = { integrity: "none" as const, onCheckpoint: () => undefined };
    await expect(upload(store, TARGET, "x", options)).rejects.toThrow(
      /integrity must be a digest.*got "none"/,
    );
  });

  test("go on after a resumption, also when its answer to Complete is lost", async () => {
    const there = await world([loseAnswer("completeMultipart")]);
    const resume = await died(there, 4);
    const counts: number[] = [];
    const onCheckpoint = ({ parts }: ResumeToken) => counts.push(parts.split(",").filter(Boolean).length);
    await upload(there.store, TARGET, body(), { resume, slots: 1, onCheckpoint, retry: AT_ONCE });
    expect(counts).toEqual([4, 5, 6, 7, 8]);
    expect(await there.object()).toEqual(bytesOf(60));
  });
});
