import { createDigest, type DigestAlgorithm, MemoryStore } from "@sluice/object-store";
import { createGateway } from "@sluice/s3-gateway";
import { MemoryBudget } from "@sluice/semaphore";
import fc from "fast-check";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { SignatureChain } from "../src/auth/authenticate.js";
import { hex, SigningKeys } from "../src/auth/signing-key.js";
import { incrementalDigest } from "../src/body/incremental-digest.js";
import { VerifiedBody } from "../src/body/verified-body.js";

const utf8 = (text: string) => new TextEncoder().encode(text);
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");

async function digest(algorithm: DigestAlgorithm, text: string): Promise<Uint8Array> {
  const making = createDigest(algorithm);
  making.update(utf8(text));
  return making.done();
}

const streamOf = (...pieces: readonly Uint8Array[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });

let store: MemoryStore;
let budget: MemoryBudget;
let gateway: ReturnType<typeof createGateway>;
beforeEach(async () => {
  store = new MemoryStore();
  await store.buckets.create("box");
  budget = new MemoryBudget("8MiB");
  gateway = createGateway({ store, budget, authenticate: "anonymous", limits: { idleTimeout: 5_000 } });
});

async function put(body: ReadableStream<Uint8Array> | string, headers: Record<string, string>) {
  const init = { method: "PUT", body, headers, duplex: "half" } as RequestInit;
  const response = await gateway.fetch(new Request("http://localhost/box/k", init));
  const text = await response.text();
  expect(budget.held).toBe(0);
  return { status: response.status, code: /<Code>(.*?)<\/Code>/.exec(text)?.[1] };
}
const isThere = () =>
  store.head({ bucket: "box", key: "k" }).then(
    () => true,
    () => false,
  );

describe("a plain body", () => {
  it("is stored when its length and its SHA-256 are right", async () => {
    const headers = { "content-length": "5", "x-amz-content-sha256": hex(await digest("sha256", "hello")) };
    expect(await put("hello", headers)).toEqual({ status: 200, code: undefined });
    expect(await isThere()).toBe(true);
  });

  it.each([
    [
      "another SHA-256",
      "hello",
      { "content-length": "5", "x-amz-content-sha256": "0".repeat(64) },
      "XAmzContentSHA256Mismatch",
    ],
    [
      "another SHA-256 of nothing",
      "",
      { "content-length": "0", "x-amz-content-sha256": "0".repeat(64) },
      "XAmzContentSHA256Mismatch",
    ],
    [
      "another MD5",
      "hello",
      { "content-length": "5", "content-md5": base64(new Uint8Array(16)) },
      "BadDigest",
    ],
    ["another CRC32", "hello", { "content-length": "5", "x-amz-checksum-crc32": "AAAAAA==" }, "BadDigest"],
    ["too few bytes", "hell", { "content-length": "5" }, "IncompleteBody"],
    ["too many bytes", "hello!", { "content-length": "5" }, "IncompleteBody"],
    ["no length", "hello", {}, "MissingContentLength"],
    ["a length that is none", "hello", { "content-length": "-5" }, "InvalidArgument"],
    [
      "a payload signed in an unknown way",
      "hello",
      { "content-length": "5", "x-amz-content-sha256": "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD" },
      "NotImplemented",
    ],
    [
      "two checksums",
      "hello",
      { "content-length": "5", "x-amz-checksum-crc32": "AAAAAA==", "x-amz-checksum-sha1": "AAAA" },
      "InvalidRequest",
    ],
  ])("with %s publishes nothing", async (_, body, headers, code) => {
    const answer = await put(streamOf(utf8(body)), headers as Record<string, string>);
    expect(answer.code).toBe(code);
    expect(await isThere()).toBe(false);
  });

  it("that is too large for the store is refused before it is read", async () => {
    let pulls = 0;
    const body = new ReadableStream<Uint8Array>({ pull: () => void pulls++ }, { highWaterMark: 0 });
    const answer = await put(body, { "content-length": String(6 * 2 ** 30) });
    expect([answer.code, pulls]).toEqual(["EntityTooLarge", 0]);
  });

  it("that stands still is given up, and what it held is given back", async () => {
    vi.useFakeTimers();
    try {
      let asked: () => void = () => {};
      const waiting = new Promise<void>((resolve) => {
        asked = resolve;
      });
      let cancelled = false;
      const body = new ReadableStream<Uint8Array>(
        {
          pull: () => asked(),
          cancel: () => {
            cancelled = true;
          },
        },
        { highWaterMark: 0 },
      );
      const answer = put(body, { "content-length": "5" });
      await waiting;
      await vi.advanceTimersByTimeAsync(5_000);
      expect(await answer).toEqual({ status: 400, code: "RequestTimeout" });
      expect(cancelled).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("an aws-chunked body with a trailer", () => {
  const headers = (length: number, algorithm = "crc32") => ({
    "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    "x-amz-decoded-content-length": String(length),
    "x-amz-trailer": `x-amz-checksum-${algorithm}`,
    "content-encoding": "gzip,aws-chunked",
  });
  const frame = (text: string, trailer: string) =>
    `${text === "" ? "" : `${text.length.toString(16)}\r\n${text}\r\n`}0\r\n${trailer}\r\n\r\n`;

  it.each(["crc32", "crc32c", "crc64nvme", "sha1", "sha256"] as const)(
    "is stored when its %s is right",
    async (algorithm) => {
      const trailer = `x-amz-checksum-${algorithm}:${base64(await digest(algorithm, "hello"))}`;
      const answer = await put(frame("hello", trailer), headers(5, algorithm));
      expect(answer).toEqual({ status: 200, code: undefined });
      expect((await store.head({ bucket: "box", key: "k" })).contentEncoding).toBe("gzip");
    },
  );

  it("may be empty", async () => {
    expect(await put(frame("", "x-amz-checksum-crc32:AAAAAA=="), headers(0))).toEqual({
      status: 200,
      code: undefined,
    });
    expect(await isThere()).toBe(true);
  });

  it("publishes nothing when it is cut at any byte", async () => {
    const whole = frame("hello", `x-amz-checksum-crc32:${base64(await digest("crc32", "hello"))}`);
    for (let length = 0; length < whole.length; length++) {
      const answer = await put(streamOf(utf8(whole.slice(0, length))), headers(5));
      expect([length, answer.status, await isThere()]).toEqual([length, 400, false]);
    }
  });

  it.each([
    ["a wrong checksum", frame("hello", "x-amz-checksum-crc32:AAAAAA=="), headers(5), "BadDigest"],
    ["no checksum", frame("hello", "other:1"), headers(5), "MalformedTrailerError"],
    [
      "fewer bytes than it says",
      frame("hell", "x-amz-checksum-crc32:AAAAAA=="),
      headers(5),
      "IncompleteBody",
    ],
    [
      "more bytes than it says",
      frame("hello!", "x-amz-checksum-crc32:AAAAAA=="),
      headers(5),
      "IncompleteBody",
    ],
    ["an unknown algorithm", frame("hello", ""), headers(5, "md5"), "InvalidRequest"],
    [
      "no decoded length",
      frame("hello", ""),
      { ...headers(5), "x-amz-decoded-content-length": "" },
      "MissingContentLength",
    ],
  ])("publishes nothing with %s", async (_, body, given, code) => {
    expect((await put(body, given)).code).toBe(code);
    expect(await isThere()).toBe(false);
  });
});

describe("signed chunks", () => {
  // The example of Amazon's documentation: 65 KiB of "a" in chunks of 64 KiB.
  const SIGNATURES = [
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
  ];
  const chunk = (text: string, i: number) =>
    `${text.length.toString(16)};chunk-signature=${SIGNATURES[i]}\r\n${text}\r\n`;
  const example = chunk("a".repeat(65_536), 0) + chunk("a".repeat(1_024), 1) + chunk("", 2);

  async function chain(): Promise<SignatureChain> {
    const scope = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", date: "20130524", region: "us-east-1" };
    return {
      key: await new SigningKeys().get(scope, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
      timestamp: "20130524T000000Z",
      scope: "20130524/us-east-1/s3/aws4_request",
      seed: "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    };
  }

  async function read(text: string, cuts: readonly number[] = []) {
    const bytes = utf8(text);
    const edges = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
    const pieces = edges.slice(1).map((end, i) => bytes.subarray(edges[i], end));
    const payload = {
      length: 66_560,
      framing: "aws-chunked",
      sha256: undefined,
      signed: true,
      trailer: undefined,
    } as const;
    const body = new VerifiedBody(streamOf(...pieces), payload, {
      limit: 2 ** 20,
      idleTimeout: 60_000,
      chain: await chain(),
    });
    let delivered = 0;
    const reader = body.stream.getReader();
    try {
      for (let step = await reader.read(); !step.done; step = await reader.read())
        delivered += step.value.length;
    } catch (error) {
      return { delivered, code: (error as { code: string }).code };
    }
    return { delivered, code: undefined };
  }

  it("verify as in Amazon's example, however they arrive", async () => {
    expect(await read(example)).toEqual({ delivered: 66_560, code: undefined });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(example.length), { maxLength: 8 }), async (cuts) => {
        expect(await read(example, cuts)).toEqual({ delivered: 66_560, code: undefined });
      }),
      { numRuns: 30 },
    );
  });

  it("never let the last byte through when any of them is wrong", async () => {
    for (const [i, at] of [70, 65_800, example.length - 10].entries()) {
      const changed = example.slice(0, at) + (i < 2 ? "b" : "0") + example.slice(at + 1);
      const { delivered, code } = await read(changed);
      expect(delivered).toBeLessThan(66_560);
      expect(code).toMatch(/SignatureDoesNotMatch|IncompleteBody/);
    }
    const unsigned = example.replace(/;chunk-signature=[0-9a-f]{64}/g, "");
    expect(await read(unsigned)).toMatchObject({ code: "IncompleteBody" });
  });
});

describe("a digest without Node", () => {
  it("is the same, and keeps no bytes", async () => {
    const native = await Promise.all((["sha1", "sha256"] as const).map((name) => digest(name, "some text")));
    vi.stubGlobal("process", {});
    try {
      for (const [i, name] of (["sha1", "sha256"] as const).entries()) {
        const making = incrementalDigest(name);
        making.update(utf8("some "));
        making.update(utf8("text"));
        expect(hex(await making.done())).toBe(hex(native[i]!));
      }
    } finally {
      vi.unstubAllGlobals();
    }
  });
});
