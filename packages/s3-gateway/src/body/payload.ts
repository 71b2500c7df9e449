import type { ChecksumAlgorithm } from "@sluice/object-store";
import { S3Error } from "../protocol/s3-error.js";

/** How the bytes of a request's body stand on the wire, and what vouches for them. */
export interface Payload {
  /** Bytes of the object or part itself; undefined if the request does not say. */
  readonly length: number | undefined;
  readonly framing: "plain" | "aws-chunked";
  /** Base16 of the SHA-256 that the bytes must have. */
  readonly sha256: string | undefined;
  /** Whether each chunk carries a signature. */
  readonly signed: boolean;
  /** The checksum that follows behind the last chunk. */
  readonly trailer: ChecksumAlgorithm | undefined;
}

const UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
const SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
const SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";

/** Reads what the headers say about the body. */
export function readPayload(headers: Headers): Payload {
  const declared = headers.get("x-amz-content-sha256") ?? "UNSIGNED-PAYLOAD";
  const plain = {
    length: count(headers, "content-length"),
    framing: "plain",
    signed: false,
    trailer: undefined,
  } as const;
  switch (declared) {
    case "UNSIGNED-PAYLOAD":
      return { ...plain, sha256: undefined };
    case UNSIGNED_TRAILER:
    case SIGNED:
    case SIGNED_TRAILER:
      return {
        length: decodedLength(headers),
        framing: "aws-chunked",
        sha256: undefined,
        signed: declared !== UNSIGNED_TRAILER,
        trailer: declared === SIGNED ? undefined : trailerOf(headers),
      };
  }
  if (/^[0-9a-f]{64}$/.test(declared)) return { ...plain, sha256: declared };
  if (declared.startsWith("STREAMING-")) {
    throw new S3Error("NotImplemented", "This way of signing a streamed payload is not supported.");
  }
  throw new S3Error(
    "InvalidArgument",
    `x-amz-content-sha256 must be UNSIGNED-PAYLOAD, ${UNSIGNED_TRAILER}, ${SIGNED}, ${SIGNED_TRAILER}, or 64 digits of base16.`,
  );
}

function decodedLength(headers: Headers): number {
  const text = headers.get("x-amz-decoded-content-length") ?? "";
  if (COUNT.test(text)) return Number(text);
  throw new S3Error("MissingContentLength", "You must provide the x-amz-decoded-content-length HTTP header.");
}

// Numbers that are too large to be exact are larger than every limit, too.
const COUNT = /^\d{1,20}$/;

function count(headers: Headers, name: string): number | undefined {
  const text = headers.get(name);
  if (text === null) return undefined;
  if (!COUNT.test(text))
    throw new S3Error("InvalidArgument", `The header ${name} must be a number of bytes.`);
  return Number(text);
}

const TRAILERS: Readonly<Record<string, ChecksumAlgorithm>> = {
  "x-amz-checksum-crc32": "crc32",
  "x-amz-checksum-crc32c": "crc32c",
  "x-amz-checksum-crc64nvme": "crc64nvme",
  "x-amz-checksum-sha1": "sha1",
  "x-amz-checksum-sha256": "sha256",
};

function trailerOf(headers: Headers): ChecksumAlgorithm {
  const name = headers.get("x-amz-trailer")?.trim().toLowerCase();
  if (name === undefined)
    throw new S3Error("InvalidRequest", "Missing required header for this request: x-amz-trailer");
  const algorithm = TRAILERS[name];
  if (algorithm === undefined)
    throw new S3Error("InvalidRequest", "The value specified in the x-amz-trailer header is not supported.");
  return algorithm;
}
