import type { MultipartTarget, ObjectSource, ObjectTarget, PartInfo, PutResult } from "@sluice/object-store";
import { codeOf } from "./failure.js";
import { beginning, conditions } from "./headers.js";
import { checksumTypeOf, sentAs, wholeChecksum } from "./integrity.js";
import { complete, put, type Tries } from "./lost-answer.js";
import type { PartBytes } from "./part.js";
import { patiently } from "./patience.js";
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

/** Sends a part. `told`: by which number events and errors tell of it. */
export function putPart(
  { store, integrity, requests }: Place,
  upload: MultipartTarget,
  partNumber: number,
  { part, digest, meter }: Sending,
  signal: AbortSignal,
  told: number = partNumber,
): Promise<PartInfo> {
  const { onSent, begin } = meter;
  const options = { ...sentAs(integrity, digest), ...requests.access, onSent, signal };
  const ask = async () => {
    begin();
    const answer = await resendable(store.putPart(upload, partNumber, part.body(), options));
    return verifyPart(integrity, digest, answer, told);
  };
  return requests.make("putPart", ask, signal, told);
}

/** Makes a whole object a part, by a copy on the server. `digest`: base64, if it is known. */
export function copyPart(
  { store, integrity, requests }: Place,
  upload: MultipartTarget,
  partNumber: number,
  object: ObjectSource,
  digest: string | undefined,
  signal: AbortSignal | undefined,
): Promise<PartInfo> {
  const { access } = requests;
  const options = { ...access, sourceCustomerKey: access.customerKey, signal };
  const ask = async () =>
    verifyPart(integrity, digest, await store.copyPart(upload, partNumber, object, options));
  return requests.make("copyPart", ask, signal);
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

/** Begins a multipart upload. */
export function beginMultipart(
  { store, options, integrity, requests }: Place,
  target: ObjectTarget,
  signal: AbortSignal | undefined,
): Promise<MultipartTarget> {
  const checksumType = checksumTypeOf(integrity, options.checksumType);
  const request = {
    ...beginning(options),
    ...requests.access,
    ...(integrity !== "md5" && integrity !== "none" && { checksumAlgorithm: integrity, checksumType }),
  };
  return patiently(signal, (patience) => {
    const ask = () => store.createMultipart(target, { ...request, signal: patience });
    return requests.make("createMultipart", ask, signal);
  });
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
