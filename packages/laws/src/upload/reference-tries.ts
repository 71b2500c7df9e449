import type { IntegrityOptions } from "@sluice/object-store";
import { base64 } from "./digests.js";
import type { Sin } from "./sins.js";
import type { RetryLike } from "./subject.js";

const later = globalThis.setTimeout;

const factsOf = (error: unknown) => error as { code?: unknown; retryable?: unknown; retryAfter?: number };

/** Whether what was asked may have been done all the same. */
export const isLost = (error: unknown): boolean => factsOf(error).retryable === true;

/** An upload, or an object, that the store does not have. Some servers know only the one code. */
export const isGone = (error: unknown): boolean =>
  ["NoSuchUpload", "NoSuchKey"].includes(String(factsOf(error).code));

/** Tries until it works, as long as another try may help. */
export async function retried<T>(
  attempt: (tries: number) => Promise<T>,
  { attempts, baseDelay, maxDelay, random }: RetryLike,
  signal: AbortSignal,
  sin: Sin | undefined,
): Promise<T> {
  const most = sin === "retriesForEver" ? 10 * attempts : attempts;
  for (let tries = 1; ; tries++) {
    try {
      return await attempt(tries);
    } catch (error) {
      const { code, retryable, retryAfter = 0 } = factsOf(error);
      const damaged = code === "BadDigest" && sin !== "givesUpOnDamage";
      const again = retryable === true || damaged || sin === "retriesTheHopeless";
      if (!again || tries >= most || signal.aborted) throw error;
      const share = sin === "neverJitters" ? 1 : random();
      const asked = sin === "ignoresRetryAfter" ? 0 : retryAfter;
      const backoff = baseDelay * 2 ** (tries - 1);
      const delay = Math.max(share * backoff, asked);
      await sleep(Math.min(delay, sin === "cutsRetryAfter" ? backoff : maxDelay), signal);
    }
  }
}

function sleep(delay: number, signal: AbortSignal): Promise<void> {
  if (delay === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    later(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, delay);
  });
}

/** What the store is to compare the bytes with. */
export const digestOf = (md5: Uint8Array): IntegrityOptions => ({ contentMd5: base64(md5) });
