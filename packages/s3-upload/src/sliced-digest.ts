import { createDigest, type DigestAlgorithm } from "@sluice/object-store";
import { turn } from "./turn.js";

// Of the slowest digest, some 3 ms: sockets and timers wait no longer than that.
const SLICE = 2 ** 20;

/** The raw digest of bytes, made in slices with turns of the event loop between. */
export async function slicedDigest(algorithm: DigestAlgorithm, bytes: Uint8Array): Promise<Uint8Array> {
  const digest = createDigest(algorithm);
  for (let at = 0; at < bytes.length; at += SLICE) {
    if (at > 0) await turn();
    digest.update(bytes.subarray(at, at + SLICE));
  }
  return digest.done();
}
