import {
  type CompleteOptions,
  findCompleted,
  type MultipartTarget,
  multipartEtag,
  type ObjectStore,
  type PartInfo,
  type PutResult,
} from "@sluice/object-store";

/**
 * Completes a multipart upload. Where the answer was lost, now or at an earlier try of the client's, the store is asked
 * what has become of it, and if the object is there, that is the answer.
 */
export async function complete(
  store: ObjectStore,
  upload: MultipartTarget,
  parts: readonly PartInfo[],
  options: CompleteOptions & { readonly signal: AbortSignal },
): Promise<PutResult> {
  const result = await asked(store, upload, parts, options);
  if (result.etag !== "") return result;
  // Ceph completes without telling the ETag; it is the one that the parts make.
  const etag = await multipartEtag(parts);
  return etag === undefined ? result : { ...result, etag: `"${etag}"` };
}

async function asked(
  store: ObjectStore,
  upload: MultipartTarget,
  parts: readonly PartInfo[],
  options: CompleteOptions & { readonly signal: AbortSignal },
): Promise<PutResult> {
  const { signal } = options;
  try {
    return await store.completeMultipart(upload, parts, options);
  } catch (error) {
    if (signal.aborted || !isDoubtful(error)) throw error;
    // What is not found, for whatever reason, leaves it at what the store has said.
    const found = await findCompleted(store, upload, parts, options, { access: { signal } }).catch(() => {});
    if (found === undefined) throw error;
    return found;
  }
}

// A store that has carried out a try knows of no such upload at the next, or finds a condition broken by its own doing.
function isDoubtful(error: unknown): boolean {
  const { code, retryable } = (error ?? {}) as { readonly code?: unknown; readonly retryable?: unknown };
  if (code === "NoSuchUpload" || code === "PreconditionFailed") return true;
  return retryable === true && code !== "SlowDown";
}
