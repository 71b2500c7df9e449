import { StoreError } from "@sluice/object-store";
import { codeOf } from "./failure.js";

// The digest was made here, of the bytes in memory that will be sent again: if the store received others, they
// were damaged on their way. A conflict means that another write to the same key was in progress.
const DAMAGED: ReadonlySet<unknown> = new Set(["BadDigest", "XAmzContentSHA256Mismatch"]);
const CONFLICT = "ConditionalRequestConflict";

/** Marks as retryable what is not in general, but is when the same bytes can be sent again. */
export async function resendable<T>(request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    const code = codeOf(error);
    if (!DAMAGED.has(code) && code !== CONFLICT) throw error;
    const { message, status, requestId } = error as StoreError;
    const text = message.replace(`${code}: `, "");
    throw new StoreError(code as string, text, { retryable: true, status, requestId, cause: error });
  }
}
