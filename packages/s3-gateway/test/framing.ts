import { createDigest } from "@sluice/object-store";
import { type Signed, signed } from "./signing.js";

export type Framing = "unsigned trailer" | "signed" | "signed with trailer";
export const FRAMINGS: readonly Framing[] = ["unsigned trailer", "signed", "signed with trailer"];

const MODES: Readonly<Record<Framing, string>> = {
  "unsigned trailer": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
  signed: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
  "signed with trailer": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
};

export interface Framed {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface FrameOptions {
  /** What the headers say beyond, or otherwise. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Which headers are left out. */
  readonly without?: readonly string[];
  /** Bytes of each chunk but the last. */
  readonly chunkSize?: number;
  /** The value of the checksum. */
  readonly checksum?: string;
  /** The lines of the trailer, without the signature. */
  readonly trailer?: readonly string[];
  /** Makes the signature of the trailer a wrong one. */
  readonly spoilTrailer?: boolean;
}

/** A signed request whose body is sent in one of the framings of aws-chunked. */
export async function framed(
  framing: Framing,
  method: string,
  target: string,
  data: Uint8Array,
  options: FrameOptions = {},
): Promise<Framed> {
  const trailing = framing !== "signed";
  const headers: Record<string, string> = {
    host: "localhost",
    "x-amz-content-sha256": MODES[framing],
    "x-amz-decoded-content-length": String(data.length),
    ...(trailing ? { "x-amz-trailer": "x-amz-checksum-crc32" } : {}),
    ...options.headers,
  };
  for (const name of options.without ?? []) delete headers[name];
  const signature = signed(method, target, headers);
  const digest = createDigest("crc32");
  digest.update(data);
  const checksum = options.checksum ?? Buffer.from(await digest.done()).toString("base64");
  const lines = trailing ? (options.trailer ?? [`x-amz-checksum-crc32:${checksum}`]) : [];
  const pieces = chunks(framing, signature, data, options.chunkSize ?? data.length);
  const told = [...lines];
  if (framing === "signed with trailer") {
    const right = signature.trailer(lines.map((line) => `${line}\n`).join(""));
    told.push(`x-amz-trailer-signature:${options.spoilTrailer ? "0".repeat(64) : right}`);
  }
  const end = told.map((line) => `${line}\r\n`).join("");
  return {
    headers: signature.headers,
    body: Buffer.concat([...pieces, Buffer.from(`${end}\r\n`, "latin1")]),
  };
}

function chunks(framing: Framing, signature: Signed, data: Uint8Array, size: number): readonly Buffer[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += size) parts.push(data.subarray(at, at + size));
  const pieces = parts.flatMap((bytes) => [chunkHead(framing, signature, bytes), Buffer.from(bytes), CRLF]);
  return [...pieces, chunkHead(framing, signature, new Uint8Array(0))];
}

const CRLF = Buffer.from("\r\n");

function chunkHead(framing: Framing, signature: Signed, bytes: Uint8Array): Buffer {
  const extension = framing === "unsigned trailer" ? "" : `;chunk-signature=${signature.chunk(bytes)}`;
  return Buffer.from(`${bytes.length.toString(16)}${extension}\r\n`);
}
