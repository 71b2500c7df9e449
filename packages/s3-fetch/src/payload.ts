import { digestOf, StoreError } from "@sluice/object-store";
import type { Outgoing } from "./outgoing.js";

const UNSIGNED = "UNSIGNED-PAYLOAD";

/**
 * What a signature says of the body. Left open, it says the SHA-256 of what goes in the clear, and leaves to TLS
 * what TLS protects. A stream is not there yet when its request is signed.
 */
export async function payloadHash(
  how: "unsigned" | "sha256" | undefined,
  origin: string,
  headers: Readonly<Record<string, string>>,
  body: Outgoing | undefined,
): Promise<string> {
  if (headers["x-amz-trailer"] !== undefined) return headers["x-amz-content-sha256"]!;
  const sign = how === "sha256" || (how === undefined && origin.startsWith("http:"));
  if (!sign) return UNSIGNED;
  const known = headers["x-amz-checksum-sha256"] ?? "";
  // Only if it is one: what is wrong with another is the store's to say.
  if (/^[\w+/]{43}=$/.test(known)) return toHex(Uint8Array.from(atob(known), (char) => char.charCodeAt(0)));
  const pieces = body === undefined || body.length === 0 ? [] : body.pieces;
  if (pieces !== undefined) return toHex(await digestOf("sha256", ...pieces));
  if (how === undefined) return UNSIGNED;
  throw new StoreError(
    "InvalidArgument",
    "a stream can be signed only with its SHA-256, as options.checksum",
  );
}

const toHex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
