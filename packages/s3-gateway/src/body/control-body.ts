import { digestOf, type IntegrityOptions } from "@sluice/object-store";
import { sameText } from "../auth/signing-key.js";
import { S3Error } from "../protocol/s3-error.js";
import { base64 } from "./incremental-digest.js";
import type { Payload } from "./payload.js";
import { type BodyOptions, VerifiedBody } from "./verified-body.js";

/** Reads the small body of a control operation as a whole. */
export async function readControlBody(
  source: ReadableStream<Uint8Array> | null,
  payload: Payload,
  digests: IntegrityOptions,
  options: BodyOptions,
  signal: AbortSignal,
): Promise<Uint8Array> {
  signal.throwIfAborted();
  const body = new VerifiedBody(source ?? EMPTY(), payload, options);
  const stop = () => void body.abandon(signal.reason);
  signal.addEventListener("abort", stop);
  try {
    const pieces: Uint8Array[] = [];
    const reader = body.stream.getReader();
    for (let step = await reader.read(); !step.done; step = await reader.read()) pieces.push(step.value);
    signal.throwIfAborted();
    const bytes = join(pieces, body.received);
    await checkDigests(bytes, digests);
    return bytes;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

const EMPTY = () =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      controller.close();
    },
  });

function join(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

async function checkDigests(bytes: Uint8Array, { contentMd5, checksum }: IntegrityOptions): Promise<void> {
  const wrong =
    (contentMd5 !== undefined && !sameText(contentMd5, base64(await digestOf("md5", bytes)))) ||
    (checksum !== undefined && !sameText(checksum.value, base64(await digestOf(checksum.algorithm, bytes))));
  if (wrong) throw new S3Error("BadDigest", "The digest you specified did not match what we received.");
}
