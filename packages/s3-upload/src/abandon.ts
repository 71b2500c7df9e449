import { type MultipartTarget, type ObjectStore, type RetryOptions, retry } from "@sluice/object-store";
import { unlessGone } from "./failure.js";
import type { Access } from "./requests.js";

/** Milliseconds that clearing up may take: a dead server must not keep a failed upload from failing. */
export const CLEANUP_TIME = 10_000;
const CLEANUP_ATTEMPTS = 5;

/**
 * Removes a multipart upload with its parts. To be called when none of its requests is in progress; even so a
 * part may land after the abort, since the server may still be at work on a request that was given up here. So
 * it looks again, and aborts once more if the upload is still there.
 *
 * - **Order:** abort, look, abort.
 * - **Abort:** by its own deadline of 10 seconds only.
 * - **Errors:** the store's, when the upload may still be there.
 */
export async function abandon(
  store: ObjectStore,
  upload: MultipartTarget,
  options?: RetryOptions,
  access?: Access,
): Promise<void> {
  const deadline = new AbortController();
  const { signal } = deadline;
  const timer = setTimeout(
    () => deadline.abort(new DOMException(`not cleared up within ${CLEANUP_TIME} ms`, "TimeoutError")),
    CLEANUP_TIME,
  );
  // However few tries the upload was given: what is left behind here is billed for ever.
  const patience = { ...options, attempts: CLEANUP_ATTEMPTS, budget: undefined, onRetry: undefined };
  const expectedBucketOwner = access?.expectedBucketOwner;
  const request = { expectedBucketOwner, signal };
  const abort = () => unlessGone(retry(() => store.abortMultipart(upload, request), { ...patience, signal }));
  const look = () =>
    retry(() => store.listParts(upload, { ...access, limit: 1, signal }), { ...patience, signal });
  try {
    await abort();
    if (await unlessGone(look())) await abort();
  } finally {
    clearTimeout(timer);
  }
}
