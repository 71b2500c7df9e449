import { createHash } from "node:crypto";
import { MemoryStore } from "@sluice/object-store";
import { createGateway } from "@sluice/s3-gateway";
import { type Serving, serve } from "@sluice/s3-gateway/node";
import { MemoryBudget } from "@sluice/semaphore";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FRAMINGS, type FrameOptions, type Framing, framed } from "./framing.js";
import { head, RawConnection } from "./raw-connection.js";
import { KEYS, signed } from "./signing.js";

// Bodies that are not what their headers say, over sockets, and what the connection is good for afterwards.

const lookup = (id: string) => (id === KEYS.accessKeyId ? KEYS : undefined);
const utf8 = (text: string) => new TextEncoder().encode(text);
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const HELLO = utf8("hello");
const LARGE = utf8("x".repeat(10_000));
const TARGET = "/box/k";

let store: MemoryStore;
let budget: MemoryBudget;
let serving: Serving;
let connection: RawConnection;

beforeAll(async () => {
  store = new MemoryStore();
  await store.buckets.create("box");
  budget = new MemoryBudget("4MiB");
  serving = await serve(createGateway({ store, budget, authenticate: lookup }), { port: 0 });
});
afterAll(async () => {
  await serving.close();
});
beforeEach(async () => {
  connection = await RawConnection.open(serving.port);
});
afterEach(async () => {
  connection.destroy();
  expect(budget.held).toBe(0);
  expect((await store.list("box")).objects).toEqual([]);
});

async function put(headers: Readonly<Record<string, string>>, body: Uint8Array | string, length?: number) {
  connection.write(head("PUT", TARGET, { ...headers, "content-length": length ?? body.length }));
  connection.write(body);
  return connection.answer();
}

/** Whether the connection takes another request, and answers this one and no other. */
async function goesOn(): Promise<boolean> {
  const { headers } = signed("GET", "/other", { host: "localhost", "x-amz-content-sha256": sha256("") });
  connection.write(head("GET", "/other", headers));
  const answer = await connection.answer("GET");
  return answer?.text.includes("<Code>NoSuchBucket</Code>") === true;
}

describe("an aws-chunked body", () => {
  const unsigned: Framing = "unsigned trailer";
  const withTrailer: Framing = "signed with trailer";
  const bodies: readonly [string, Framing, Uint8Array, FrameOptions, number, string][] = [
    [
      "without x-amz-decoded-content-length",
      unsigned,
      HELLO,
      { without: ["x-amz-decoded-content-length"] },
      411,
      "MissingContentLength",
    ],
    ...["", "-5", "5.0", "0x5", "five", "5, 5"].map(
      (value): [string, Framing, Uint8Array, FrameOptions, number, string] => [
        `with an x-amz-decoded-content-length of "${value}"`,
        "signed",
        HELLO,
        { headers: { "x-amz-decoded-content-length": value } },
        411,
        "MissingContentLength",
      ],
    ),
    [
      "of 5 GiB and a byte",
      "signed",
      HELLO,
      { headers: { "x-amz-decoded-content-length": String(5 * 2 ** 30 + 1) } },
      400,
      "EntityTooLarge",
    ],
    [
      "of more bytes than a number can count",
      "signed",
      HELLO,
      { headers: { "x-amz-decoded-content-length": "9".repeat(20) } },
      400,
      "EntityTooLarge",
    ],
    [
      "that is shorter than it said",
      "signed",
      HELLO,
      { headers: { "x-amz-decoded-content-length": "6" } },
      400,
      "IncompleteBody",
    ],
    [
      "that is longer than it said",
      "signed",
      HELLO,
      { headers: { "x-amz-decoded-content-length": "4" } },
      400,
      "IncompleteBody",
    ],
    ["with small chunks", "signed", LARGE, { chunkSize: 8_191 }, 400, "InvalidChunkSizeError"],
    ["with small unsigned chunks", unsigned, LARGE, { chunkSize: 100 }, 400, "InvalidChunkSizeError"],
    ["whose checksum is wrong", unsigned, HELLO, { checksum: "AAAAAA==" }, 400, "BadDigest"],
    ["whose checksum is none", unsigned, HELLO, { checksum: "?" }, 400, "BadDigest"],
    ["whose signed checksum is wrong", withTrailer, HELLO, { checksum: "AAAAAA==" }, 400, "BadDigest"],
    ["whose trailer is missing", unsigned, HELLO, { trailer: [] }, 400, "MalformedTrailerError"],
    [
      "whose trailer is another one",
      unsigned,
      HELLO,
      { trailer: ["x-amz-checksum-sha1:AAAA"] },
      400,
      "MalformedTrailerError",
    ],
    [
      "whose trailer has no colon",
      unsigned,
      HELLO,
      { trailer: ["x-amz-checksum-crc32"] },
      400,
      "MalformedTrailerError",
    ],
    [
      "with a trailer that was not announced",
      unsigned,
      HELLO,
      { trailer: ["x-amz-checksum-crc32:NhCmhg==", "x-amz-meta-a:b"] },
      400,
      "MalformedTrailerError",
    ],
    [
      "with the same trailer twice",
      unsigned,
      HELLO,
      { trailer: ["x-amz-checksum-crc32:NhCmhg==", "X-Amz-Checksum-Crc32:NhCmhg=="] },
      400,
      "MalformedTrailerError",
    ],
    [
      "with a trailer of 2,000 bytes",
      unsigned,
      HELLO,
      { trailer: [`x-amz-checksum-crc32:${"A".repeat(2_000)}`] },
      400,
      "IncompleteBody",
    ],
    ["without x-amz-trailer", unsigned, HELLO, { without: ["x-amz-trailer"] }, 400, "InvalidRequest"],
    [
      "with an x-amz-trailer that is no checksum",
      unsigned,
      HELLO,
      { headers: { "x-amz-trailer": "content-md5" } },
      400,
      "InvalidRequest",
    ],
    [
      "whose trailer has another signature",
      withTrailer,
      HELLO,
      { spoilTrailer: true },
      403,
      "SignatureDoesNotMatch",
    ],
  ];

  it.each(bodies)("%s is refused", async (_, framing, data, options, status, code) => {
    const { headers, body } = await framed(framing, "PUT", TARGET, data, options);
    const answer = await put(headers, body);
    expect([answer?.status, answer?.code]).toEqual([status, code]);
    expect(answer?.headers.connection).toBe("keep-alive");
    expect(await goesOn()).toBe(true);
  });

  const SIGNATURE = "0123456789abcdef".repeat(4);
  const frames: readonly [string, Framing, string, number, string][] = [
    ["with no size", unsigned, "\r\n", 400, "IncompleteBody"],
    ["with a size that is no number", unsigned, "five\r\nhello\r\n0\r\n\r\n", 400, "IncompleteBody"],
    ["with a size of 2⁴⁸ and nothing behind it", unsigned, "ffffffffffff\r\n", 400, "IncompleteBody"],
    ["with a size beyond that", unsigned, "fffffffffffff\r\nhello\r\n", 400, "IncompleteBody"],
    ["with a line that never ends", unsigned, "5;".padEnd(4_000, "x"), 400, "IncompleteBody"],
    ["without CRLF behind a chunk", unsigned, "5\r\nhelloxx0\r\n\r\n", 400, "IncompleteBody"],
    ["with LF in the place of CRLF", unsigned, "5\nhello\n0\n\n", 400, "IncompleteBody"],
    ["with bytes behind its end", unsigned, "0\r\n\r\nGET / HTTP/1.1\r\n\r\n", 400, "IncompleteBody"],
    ["that is not framed at all", unsigned, "hello", 400, "IncompleteBody"],
    ["without signatures", "signed", "5\r\nhello\r\n0\r\n\r\n", 400, "IncompleteBody"],
    [
      "with another signature",
      "signed",
      `5;chunk-signature=${SIGNATURE}\r\nhello\r\n0;chunk-signature=${SIGNATURE}\r\n\r\n`,
      403,
      "SignatureDoesNotMatch",
    ],
  ];

  it.each(frames)("%s is refused", async (_, framing, body, status, code) => {
    const { headers } = await framed(framing, "PUT", TARGET, HELLO);
    const answer = await put(headers, body);
    expect([answer?.status, answer?.code]).toEqual([status, code]);
    expect(await goesOn()).toBe(true);
  });

  it("whose length is not known is refused, unless it says what is in it", async () => {
    const { headers, body } = await framed("signed", "PUT", TARGET, HELLO, {
      without: ["x-amz-decoded-content-length"],
    });
    connection.write(head("PUT", TARGET, { ...headers, "transfer-encoding": "chunked" }));
    connection.write(`${body.length.toString(16)}\r\n${body.toString("latin1")}\r\n0\r\n\r\n`);
    const answer = await connection.answer();
    expect([answer?.status, answer?.code]).toEqual([411, "MissingContentLength"]);
  });

  it("of 5 GiB is refused without being read, and the connection is closed", async () => {
    const size = 5 * 2 ** 30 + 1;
    const { headers, body } = await framed("signed", "PUT", TARGET, HELLO, {
      headers: { "x-amz-decoded-content-length": String(size) },
    });
    const answer = await put(headers, body, size + 1_000);
    expect([answer?.code, answer?.headers.connection]).toEqual(["EntityTooLarge", "close"]);
    connection.end();
    await connection.untilClosed();
  });

  it.each(FRAMINGS)("that is %s is kept without its framing in Content-Encoding", async (framing) => {
    const encodings = [
      ["aws-chunked", undefined],
      ["gzip,aws-chunked", "gzip"],
      ["AWS-Chunked, gzip , br", "gzip,br"],
    ] as const;
    for (const [given, kept] of encodings) {
      const { headers, body } = await framed(framing, "PUT", TARGET, HELLO, {
        headers: { "content-encoding": given },
      });
      expect((await put(headers, body))?.status).toBe(200);
      expect((await store.head({ bucket: "box", key: "k" })).contentEncoding).toBe(kept);
    }
    await store.delete({ bucket: "box", key: "k" });
  });
});

describe("a plain body", () => {
  const plain = (more: Readonly<Record<string, string>> = {}) =>
    signed("PUT", TARGET, { host: "localhost", "x-amz-content-sha256": "UNSIGNED-PAYLOAD", ...more }).headers;

  const wrong: readonly [string, Readonly<Record<string, string>>, string][] = [
    ["another SHA-256", { "x-amz-content-sha256": sha256("other") }, "XAmzContentSHA256Mismatch"],
    ["a SHA-256 that is none", { "x-amz-content-sha256": "abc" }, "InvalidArgument"],
    ["another MD5", { "content-md5": "AAAAAAAAAAAAAAAAAAAAAA==" }, "BadDigest"],
    ["an MD5 in base16", { "content-md5": "5d41402abc4b2a76b9719d911017c592" }, "InvalidDigest"],
    ["an MD5 of other length", { "content-md5": "AAAAAA==" }, "InvalidDigest"],
    ["an empty MD5", { "content-md5": "" }, "InvalidDigest"],
    ["another checksum", { "x-amz-checksum-crc32": "AAAAAA==" }, "BadDigest"],
    ["a checksum of other length", { "x-amz-checksum-sha256": "AAAAAA==" }, "InvalidRequest"],
    ["a checksum that is no base64", { "x-amz-checksum-crc32": "!!!!!!==" }, "InvalidRequest"],
  ];

  it.each(wrong)("with %s is refused", async (_, headers, code) => {
    const answer = await put(plain(headers), "hello");
    expect([answer?.status, answer?.code]).toEqual([400, code]);
    expect(await goesOn()).toBe(true);
  });

  it("signed in a way that is not supported is refused", async () => {
    for (const mode of ["", "-TRAILER"]) {
      const headers = plain({ "x-amz-content-sha256": `STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD${mode}` });
      const answer = await put(headers, "hello");
      expect([answer?.status, answer?.code]).toEqual([501, "NotImplemented"]);
    }
  });

  it("without a length is refused", async () => {
    connection.write(head("PUT", TARGET, { ...plain(), "transfer-encoding": "chunked" }));
    connection.write("5\r\nhello\r\n0\r\n\r\n");
    const answer = await connection.answer();
    expect([answer?.status, answer?.code]).toEqual([411, "MissingContentLength"]);
  });

  it("of more than 5 GiB is refused without being read", async () => {
    const answer = await put(plain(), "hello", 5 * 2 ** 30 + 1);
    expect([answer?.status, answer?.code, answer?.headers.connection]).toEqual([
      400,
      "EntityTooLarge",
      "close",
    ]);
  });

  it("with two lengths never becomes two requests", async () => {
    const headers = { ...plain(), "content-length": 5, "transfer-encoding": "chunked" };
    connection.write(head("PUT", TARGET, headers));
    connection.write("0\r\n\r\nGET /box HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect((await connection.answer())?.status).toBe(400);
    await connection.untilClosed();
    expect(await connection.answer()).toBe(undefined);
  });
});
