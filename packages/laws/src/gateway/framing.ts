import { checksumOf } from "../download/crc32.js";
import { joined } from "../store/reference-body.js";
import { type Chain, sha256, signatureOf } from "./signing.js";

//  hex[;chunk-signature=…] CRLF data CRLF … 0[;chunk-signature=…] CRLF [name:value CRLF …] CRLF

/** How the bytes of a body stand on the wire, and what vouches for them. */
export type Framing = "plain" | "hashed" | "trailer" | "signed" | "signed trailer";
export const FRAMINGS: readonly Framing[] = ["plain", "hashed", "trailer", "signed", "signed trailer"];

export const DECLARED: Readonly<Record<Exclude<Framing, "hashed">, string>> = {
  plain: "UNSIGNED-PAYLOAD",
  trailer: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
  signed: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
  "signed trailer": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
};

export const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
export const TRAILER = "x-amz-checksum-crc32";

/** Bytes of every chunk but the last: no smaller one is allowed there. */
export const CHUNK = 8_192;

export const isChunked = (framing: Framing): boolean => framing !== "plain" && framing !== "hashed";
export const hasTrailer = (framing: Framing): boolean =>
  framing === "trailer" || framing === "signed trailer";
const isSigned = (framing: Framing): boolean => framing.startsWith("signed");

/** What `x-amz-content-sha256` says. */
export const payloadOf = async (framing: Framing, bytes: Uint8Array): Promise<string> =>
  framing === "hashed" ? sha256(bytes) : DECLARED[framing];

/** The headers that go with it. */
export function framingHeaders(framing: Framing, length: number): Record<string, string> {
  const headers: Record<string, string> = { "content-length": String(wireLength(framing, length)) };
  if (!isChunked(framing)) return headers;
  Object.assign(headers, {
    "content-encoding": "aws-chunked",
    "x-amz-decoded-content-length": String(length),
  });
  if (hasTrailer(framing)) headers["x-amz-trailer"] = TRAILER;
  return headers;
}

/** Bytes on the wire. */
export function wireLength(framing: Framing, length: number): number {
  if (!isChunked(framing)) return length;
  const signature = isSigned(framing) ? ";chunk-signature=".length + 64 : 0;
  const sizes = [...sizesOf(length), 0];
  const frames = sizes.map((size) => size.toString(16).length + signature + 2 + size + (size > 0 ? 2 : 0));
  const trailer = hasTrailer(framing) ? `${TRAILER}:AAAAAA==\r\n`.length : 0;
  const vouched = framing === "signed trailer" ? "x-amz-trailer-signature:".length + 64 + 2 : 0;
  return frames.reduce((sum, size) => sum + size, 0) + trailer + vouched + 2;
}

const sizesOf = (length: number): number[] =>
  Array.from({ length: Math.ceil(length / CHUNK) }, (_, i) => Math.min(CHUNK, length - i * CHUNK));

/** What may be wrong with a body that is framed otherwise well. */
export interface Fault {
  /** The chunk whose signature is not its own; the trailer's is behind the last one. */
  readonly forges?: number | undefined;
  /** The checksum in the trailer is that of other bytes, or there is none. */
  readonly trailer?: "wrong" | "missing" | undefined;
  /** What stands in the place of the last chunk and what follows it. */
  readonly end?: string | undefined;
  /** The bytes are changed behind the signatures' back. */
  readonly sent?: Uint8Array | undefined;
}

/** The bytes as they go over the wire. */
export async function framed(
  bytes: Uint8Array,
  framing: Framing,
  chain: Chain,
  { forges, trailer, end, sent = bytes }: Fault = {},
): Promise<Uint8Array<ArrayBuffer>> {
  if (!isChunked(framing)) return joined([sent]);
  const text = (line: string) => new TextEncoder().encode(line);
  const wire: Uint8Array[] = [];
  let previous = chain.seed;
  const sizes = [...sizesOf(bytes.length), 0];
  const vouch = async (kind: string, more: readonly string[], place: number): Promise<string> => {
    const { timestamp, scope, key } = chain;
    previous = await signatureOf(key, [`AWS4-HMAC-SHA256-${kind}`, timestamp, scope, previous, ...more]);
    return place === forges ? forged(previous) : previous;
  };
  for (const [i, size] of sizes.entries()) {
    if (size === 0 && end !== undefined) return joined([...wire, text(end)]);
    const at = i * CHUNK;
    const own = bytes.subarray(at, at + size);
    const signature = isSigned(framing) ? await vouch("PAYLOAD", [EMPTY, await sha256(own)], i) : undefined;
    wire.push(
      text(`${size.toString(16)}${signature === undefined ? "" : `;chunk-signature=${signature}`}\r\n`),
    );
    if (size > 0) wire.push(sent.subarray(at, at + size), text("\r\n"));
  }
  if (hasTrailer(framing) && trailer !== "missing") {
    const of = trailer === "wrong" ? joined([bytes, Uint8Array.of(1)]) : bytes;
    const line = `${TRAILER}:${checksumOf(of).value}`;
    wire.push(text(`${line}\r\n`));
    if (framing === "signed trailer") {
      const signature = await vouch("TRAILER", [await sha256(`${line}\n`)], sizes.length);
      wire.push(text(`x-amz-trailer-signature:${signature}\r\n`));
    }
  }
  return joined([...wire, text("\r\n")]);
}

/** The same signature but for its last digit: who compares only the beginning takes it for the same. */
export const forged = (signature: string): string =>
  signature.slice(0, -1) + (signature.endsWith("0") ? "1" : "0");
