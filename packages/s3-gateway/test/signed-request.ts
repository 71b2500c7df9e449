import { createHash, createHmac } from "node:crypto";
import { AwsV4Signer } from "aws4fetch";

export const KEYS = { accessKeyId: "CLIENT", secretAccessKey: "client-secret" };
const EMPTY = createHash("sha256").digest("hex");

export interface SignedRequest {
  readonly headers: Record<string, string>;
  /** The body as it goes over the wire, in pieces. */
  readonly pieces: readonly Buffer[];
}

type How =
  | "plain"
  | "UNSIGNED-PAYLOAD"
  | "signed"
  | "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
  | "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
  | "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";

/** A PUT as a client signs it, by hand, so that a test can send it piece by piece. */
export async function signedPut(
  url: string,
  body: Buffer,
  how: How,
  more: Readonly<Record<string, string>> = {},
  crc32 = "",
): Promise<SignedRequest> {
  const streaming = how.startsWith("STREAMING-");
  const trailer = how.endsWith("-TRAILER");
  const declared = how === "signed" ? createHash("sha256").update(body).digest("hex") : how;
  const pieces = cut(body, 65_536);
  const framed = streaming ? frames(pieces, how, crc32, () => "0".repeat(64)) : pieces;
  const length = framed.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const headers: Record<string, string> = {
    ...more,
    "content-length": String(length),
    ...(streaming && {
      "content-encoding": "aws-chunked",
      "x-amz-decoded-content-length": String(body.byteLength),
    }),
    ...(trailer && { "x-amz-trailer": "x-amz-checksum-crc32" }),
  };
  if (how === "plain") return { headers, pieces };
  headers["x-amz-content-sha256"] = declared;
  const signer = new AwsV4Signer({
    method: "PUT",
    url,
    headers,
    ...KEYS,
    service: "s3",
    region: "us-east-1",
    allHeaders: true,
  });
  const signed = Object.fromEntries((await signer.sign()).headers);
  const sent = { ...signed, host: new URL(url).host };
  if (!streaming || how === "STREAMING-UNSIGNED-PAYLOAD-TRAILER") return { headers: sent, pieces: framed };
  const timestamp = signed["x-amz-date"]!;
  const date = timestamp.slice(0, 8);
  const scope = `${date}/us-east-1/s3/aws4_request`;
  let key: string | Buffer = `AWS4${KEYS.secretAccessKey}`;
  for (const step of [date, "us-east-1", "s3", "aws4_request"]) key = hmac(key, step);
  let previous = /Signature=(\w+)/.exec(signed.authorization!)![1]!;
  const sign = (kind: string, between: readonly string[], bytes: Buffer): string => {
    const digest = createHash("sha256").update(bytes).digest("hex");
    previous = hmac(key, [kind, timestamp, scope, previous, ...between, digest].join("\n")).toString("hex");
    return previous;
  };
  return { headers: sent, pieces: frames(pieces, how, crc32, sign) };
}

type Sign = (kind: string, between: readonly string[], bytes: Buffer) => string;

function frames(pieces: readonly Buffer[], how: How, crc32: string, sign: Sign): Buffer[] {
  const signed = how.startsWith("STREAMING-AWS4");
  const line = (bytes: Buffer) =>
    signed
      ? `${bytes.byteLength.toString(16)};chunk-signature=${sign("AWS4-HMAC-SHA256-PAYLOAD", [EMPTY], bytes)}\r\n`
      : `${bytes.byteLength.toString(16)}\r\n`;
  const chunks = pieces.map((bytes) => Buffer.concat([Buffer.from(line(bytes)), bytes, Buffer.from("\r\n")]));
  let end = line(Buffer.alloc(0));
  if (how.endsWith("-TRAILER")) {
    end += `x-amz-checksum-crc32:${crc32}\r\n`;
    const said = Buffer.from(`x-amz-checksum-crc32:${crc32}\n`);
    if (signed) end += `x-amz-trailer-signature:${sign("AWS4-HMAC-SHA256-TRAILER", [], said)}\r\n`;
  }
  return [...chunks, Buffer.from(`${end}\r\n`)];
}

const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();

function cut(bytes: Buffer, size: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.byteLength; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}
