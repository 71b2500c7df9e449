import { digestOf, type IntegrityOptions, StoreError } from "@sluice/object-store";
import type { Client } from "./client.js";
import { integrityHeaders, type RequestHeaders } from "./headers.js";
import type { Outgoing } from "./outgoing.js";

/** The digests that go out with a body: those that were given, in a form that this store takes. */
export async function integrityOf(
  { quirks }: Client,
  body: Outgoing,
  options: IntegrityOptions,
): Promise<RequestHeaders> {
  const { checksum, contentMd5 } = options;
  if (quirks.checksums || checksum === undefined) return integrityHeaders(options);
  const { pieces } = body;
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
