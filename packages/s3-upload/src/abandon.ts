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
  await clearUp(options, async (patience) => {
    const { signal } = patience;
    const expectedBucketOwner = access?.expectedBucketOwner;
    const abort = () =>
      unlessGone(retry(() => store.abortMultipart(upload, { expectedBucketOwner, signal }), patience));
    await abort();
    const look = () => store.listParts(upload, { ...access, limit: 1, signal });
    if (await unlessGone(retry(look, patience))) await abort();
  });
}

/** Runs what clears up, by its own deadline and with tries of its own. */
export async function clearUp(
  options: RetryOptions | undefined,
  task: (patience: RetryOptions & { readonly signal: AbortSignal }) => Promise<void>,
): Promise<void> {
  const deadline = new AbortController();
  const { signal } = deadline;
  const timer = setTimeout(
    () => deadline.abort(new DOMException(`not cleared up within ${CLEANUP_TIME} ms`, "TimeoutError")),
    CLEANUP_TIME,
  );
  try {
    // However few tries the upload was given: what is left behind here is billed for ever.
    await task({ ...options, attempts: CLEANUP_ATTEMPTS, budget: undefined, onRetry: undefined, signal });
  } finally {
    clearTimeout(timer);
  }
}
