import {
  type ComputedChecksumOptions,
  digestOf,
  type IntegrityOptions,
  StoreError,
} from "@sluice/object-store";
import type { Client } from "./client.js";
import { integrityHeaders, type RequestHeaders } from "./headers.js";
import type { Outgoing } from "./outgoing.js";

export type Integrity = IntegrityOptions & ComputedChecksumOptions;

/** The digests that go out with a body: those that were given, or can be computed, in a form that this store takes. */
export async function integrityOf(
  { quirks }: Client,
  body: Outgoing,
  options: Integrity,
): Promise<RequestHeaders> {
  const { checksum, contentMd5, checksumAlgorithm: algorithm } = options;
  const { pieces } = body;
  if (quirks.checksums && checksum === undefined && algorithm !== undefined && pieces !== undefined) {
    const value = toBase64(await digestOf(algorithm, ...pieces));
    return integrityHeaders({ contentMd5, checksum: { algorithm, value } });
  }
  if (quirks.checksums || checksum === undefined) return integrityHeaders(options);
  if (pieces === undefined) {
    throw new StoreError(
      "NotImplemented",
      "this store takes no checksum of a stream: leave it out, or give contentMd5",
    );
  }
  if (toBase64(await digestOf(checksum.algorithm, ...pieces)) !== checksum.value) {
    throw new StoreError("BadDigest", `the ${checksum.algorithm} does not match the bytes to be sent`);
  }
  return { "content-md5": contentMd5 ?? toBase64(await digestOf("md5", ...pieces)) };
}

export const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));
