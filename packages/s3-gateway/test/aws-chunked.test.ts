import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AwsChunkedDecoder } from "../src/body/aws-chunked.js";

const latin1 = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));

/** Everything that the decoder says about a body that arrives in these pieces. */
function decode(pieces: readonly Uint8Array[]) {
  const data: number[] = [];
  const chunks: [number, string | undefined][] = [];
  let trailers: ReadonlyMap<string, string> | undefined;
  const decoder = new AwsChunkedDecoder({
    onChunk: (size, signature) => void chunks.push([size, signature]),
    onData: (bytes) => void data.push(...bytes),
    onEnd: (all) => {
      trailers = all;
    },
  });
  for (const piece of pieces) decoder.push(piece);
  return { data, chunks, trailers: trailers && Object.fromEntries(trailers), done: decoder.done };
}

const SIGNATURE = "0123456789abcdef".repeat(4);
const BODY = latin1(
  `2000;chunk-signature=${SIGNATURE}\r\n${"x".repeat(8192)}\r\n3\r\nabc\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\nOther: v \r\n\r\n`,
);
const WHOLE = decode([BODY]);

const code = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return (error as { code: unknown }).code;
  }
  return undefined;
};

describe("the aws-chunked decoder", () => {
  it("takes off the framing and hands on sizes, signatures and trailers", () => {
    expect(WHOLE.data).toHaveLength(8195);
    expect(WHOLE.chunks).toEqual([
      [8192, SIGNATURE],
      [3, undefined],
      [0, undefined],
    ]);
    expect(WHOLE.trailers).toEqual({ "x-amz-checksum-crc32": "AAAAAA==", other: "v" });
    expect(WHOLE.done).toBe(true);
  });

  it("says the same however the body is cut into pieces", () => {
    const cuts = fc.array(fc.nat(BODY.length), { maxLength: 12 });
    fc.assert(
      fc.property(cuts, (at) => {
        const edges = [0, ...at.sort((a, b) => a - b), BODY.length];
        const pieces = edges.slice(1).map((end, i) => BODY.subarray(edges[i], end));
        expect(decode(pieces)).toEqual(WHOLE);
      }),
    );
    expect(decode([...BODY].map((byte) => Uint8Array.of(byte)))).toEqual(WHOLE);
  });

  it("is done after the very last byte, and not one byte before", () => {
    const small = latin1("3\r\nabc\r\n0\r\na:b\r\n\r\n");
    for (let length = 0; length <= small.length; length++) {
      expect(decode([small.subarray(0, length)]).done).toBe(length === small.length);
    }
  });

  it.each([
    ["no size", "\r\n"],
    ["a size that is no number", "zz\r\n"],
    ["a size that never ends", "0".repeat(200)],
    ["a negative size", "-1\r\n"],
    ["a size with an unknown extension", "3;x=y\r\nabc\r\n"],
    ["a line without CR", "3\nabc\r\n"],
    ["a chunk longer than it says", "3\r\nabcd\r\n"],
    ["no CRLF behind a chunk", "3\r\nabcXYZ"],
    ["bytes behind the end", "0\r\n\r\nx"],
    ["a line that never ends", `0\r\n${"a".repeat(2_000)}`],
  ])("refuses %s", (_, text) => {
    expect(code(() => decode([latin1(text)]))).toBe("IncompleteBody");
  });

  it("refuses small chunks that are not the last", () => {
    expect(code(() => decode([latin1("3\r\nabc\r\n3\r\nabc\r\n")]))).toBe("InvalidChunkSizeError");
  });

  it("refuses trailers without a name, with the same name, or in any number", () => {
    const trailers = [":v\r\n", "nothing\r\n", "a:1\r\nA:2\r\n"];
    const many = Array.from({ length: 9 }, (_, i) => `n${i}:v\r\n`).join("");
    for (const trailer of [...trailers, many]) {
      expect(code(() => decode([latin1(`0\r\n${trailer}\r\n`)]))).toBe("MalformedTrailerError");
    }
  });

  it("holds nothing of a chunk that says it is huge", () => {
    const { data, done } = decode([latin1("ffffffffffff\r\nabc")]);
    expect(data).toHaveLength(3);
    expect(done).toBe(false);
  });
});
