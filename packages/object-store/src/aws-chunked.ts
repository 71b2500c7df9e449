import type { ChecksumAlgorithm, LateChecksum } from "./checksum.js";

//  hex CRLF data CRLF 0 CRLF name:value CRLF CRLF
//
//  before ──head──▶ data ──end of the stream──▶ after ──tail, with the checksum──▶ closed

/** A stream in a frame that has room for a checksum behind it. */
export interface AwsChunked {
  readonly body: { readonly stream: ReadableStream<Uint8Array>; readonly length: number };
  /** What a request says of it, with that of the bytes' own encoding in `content-encoding`. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Frames a stream as S3 wants it if its checksum comes last: one chunk with all of its bytes, which are passed on as
 * they are, and a trailer that nobody signs. The length is known before the checksum is.
 */
export function awsChunked(
  { stream, length }: AwsChunked["body"],
  { algorithm, value }: LateChecksum,
  contentEncoding?: string | undefined,
): AwsChunked {
  const name = `x-amz-checksum-${algorithm}`;
  const before = length === 0 ? "" : `${length.toString(16)}\r\n`;
  const after = `${length === 0 ? "" : "\r\n"}0\r\n${name}:`;
  const framing = before.length + after.length + BASE64_LENGTHS[algorithm] + "\r\n\r\n".length;
  return {
    body: { stream: framed(stream, before, () => `${after}${value()}\r\n\r\n`), length: framing + length },
    headers: {
      "content-encoding": contentEncoding ? `${contentEncoding},aws-chunked` : "aws-chunked",
      "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      "x-amz-decoded-content-length": String(length),
      "x-amz-trailer": name,
    },
  };
}

const BASE64_LENGTHS: Readonly<Record<ChecksumAlgorithm, number>> = {
  crc32: 8,
  crc32c: 8,
  crc64nvme: 12,
  sha1: 28,
  sha256: 44,
};

function framed(
  source: ReadableStream<Uint8Array>,
  before: string,
  after: () => string,
): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  let head = before;
  return new ReadableStream(
    {
      async pull(controller) {
        if (head !== "") {
          controller.enqueue(utf8(head));
          head = "";
          return;
        }
        const { done, value } = await reader.read();
        controller.enqueue(done ? utf8(after()) : value);
        if (done) controller.close();
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

const utf8 = (text: string) => new TextEncoder().encode(text);
