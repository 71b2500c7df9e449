import type { MultipartTarget, ObjectTarget, PartInfo, PutResult } from "@sluice/object-store";
import { CLEANUP_TIME } from "./abandon.js";
import { codeOf } from "./failure.js";
import { beginning, conditions } from "./headers.js";
import { checksumTypeOf, sentAs, wholeChecksum } from "./integrity.js";
import { complete, put, type Tries } from "./lost-answer.js";
import type { PartBytes } from "./part.js";
import type { Place, SentParts } from "./place.js";
import type { Meter } from "./progress.js";
import { resendable } from "./resend.js";
import { UploadConflictError } from "./transfer-errors.js";
import { verifyPart, verifyPut } from "./verify.js";

/** Bytes on their way. */
export interface Sending {
  readonly part: PartBytes;
  /** Base64. */
  readonly digest: string | undefined;
  readonly meter: Meter;
}

/** Sends a part. */
export function putPart(
  { store, integrity, requests }: Place,
  upload: MultipartTarget,
  partNumber: number,
  { part, digest, meter }: Sending,
  signal: AbortSignal,
): Promise<PartInfo> {
  const { onSent, begin } = meter;
  const options = { ...sentAs(integrity, digest), ...requests.access, onSent, signal };
  const ask = async () => {
    begin();
    const answer = await resendable(store.putPart(upload, partNumber, part.body(), options));
    return verifyPart(integrity, digest, answer);
  };
  return requests.make("putPart", ask, signal, partNumber);
}

/** Sends a whole body by one request. */
export function putWhole(
  { store, options, integrity, requests }: Place,
  target: ObjectTarget,
  { part, digest, meter }: Sending,
  tries: Tries,
): Promise<PutResult> {
  const { onSent, begin } = meter;
  const { signal } = tries;
  const given = conditions(options);
  const conditional = given.ifMatch !== undefined || given.ifNoneMatch !== undefined;
  const digests = sentAs(integrity, digest);
  const request = { ...beginning(options), ...given, ...digests, ...requests.access, onSent, signal };
  const ask = async () => {
    begin();
    const answer = await resendable(store.put(target, part.body(), request));
    return verifyPut(integrity, digest, conditional, answer);
  };
  return put(store, target, part, digests.checksum, ask, tries);
}

/**
 * Begins a multipart upload. Not under the signal of the upload: a request that is cut off may well have begun one, of
 * which nobody knows the id then. So its answer is awaited, for as long as clearing up may take.
 */
export async function beginMultipart(
  { store, options, integrity, requests }: Place,
  target: ObjectTarget,
  signal: AbortSignal,
): Promise<MultipartTarget> {
  const patience = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const count = () => {
    timer = setTimeout(() => patience.abort(signal.reason), CLEANUP_TIME);
  };
  signal.addEventListener("abort", count);
  const checksumType = checksumTypeOf(integrity, options.checksumType);
  const request = {
    ...beginning(options),
    ...requests.access,
    ...(integrity !== "md5" && integrity !== "none" && { checksumAlgorithm: integrity, checksumType }),
    signal: patience.signal,
  };
  try {
    return await requests.make("createMultipart", () => store.createMultipart(target, request), signal);
  } finally {
    signal.removeEventListener("abort", count);
    clearTimeout(timer);
  }
}

/** Completes with all parts. Throws `ERR_UPLOAD_CONFLICT` where the store wants them once more. */
export async function completeMultipart(
  { store, options, integrity }: Place,
  upload: MultipartTarget,
  { parts, digests, size }: SentParts,
  tries: Tries,
): Promise<PutResult> {
  const type = checksumTypeOf(integrity, options.checksumType);
  // The store makes a composite one of the parts' by itself.
  const checksum = type === "full-object" ? await wholeChecksum(integrity, type, digests) : undefined;
  try {
    return await complete(store, upload, parts, { ...conditions(options), size, checksum }, tries);
  } catch (error) {
    if (codeOf(error) !== "ConditionalRequestConflict") throw error;
    throw new UploadConflictError(upload.key, error);
  }
}
