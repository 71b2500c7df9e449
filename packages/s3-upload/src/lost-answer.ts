import {
  type CompleteOptions,
  digestOf,
  type MultipartTarget,
  type ObjectStore,
  type ObjectTarget,
  type PartInfo,
  type PutOptions,
  type PutResult,
  type RetryOptions,
  retry,
} from "@sluice/object-store";
import { codeOf, isOpen } from "./abandon.js";
import type { PartBytes } from "./part.js";
import { resendable } from "./resend.js";

//  asked ──answer──────────▶ done, or refused
//    └────answer lost──▶ asked again ──answer──▶ done
//                           └─refused, or lost again──▶ looking ──ours is there──▶ done
//                                                           └─────otherwise──────▶ refused
//
//  A request whose answer was lost may have been carried out. The next try then fails because of the first:
//  the multipart upload is gone, or `ifNoneMatch` finds the very object that was just written.

interface Tries {
  readonly retry: RetryOptions | undefined;
  readonly signal: AbortSignal | undefined;
  /** Where failures go that must not hide the one that surfaces. */
  readonly failures: unknown[];
}

/** Completes a multipart upload; if an answer was lost, finds out what became of it. */
export async function complete(
  store: ObjectStore,
  upload: MultipartTarget,
  parts: readonly PartInfo[],
  options: CompleteOptions,
  tries: Tries,
): Promise<PutResult> {
  const { signal } = tries;
  const ask = () => store.completeMultipart(upload, parts, { ...options, signal });
  const result = await answered(ask, tries, async () => {
    // Without this, an older object with the same bytes would pass for the one that was not published.
    if (await isOpen(store, upload, { ...tries.retry, signal })) return undefined;
    const etag = await multipartEtag(parts);
    return etag === undefined ? undefined : lookFor(store, upload, etag, tries);
  });
  if (result.etag !== "") return result;
  // Ceph completes without telling the ETag; it is the one that the parts make.
  const etag = await multipartEtag(parts);
  return etag === undefined ? result : { ...result, etag: `"${etag}"` };
}

/** Puts an object; if its own lost first try is what made a condition fail, that counts as success. */
export function put(
  store: ObjectStore,
  target: ObjectTarget,
  part: PartBytes,
  options: PutOptions,
  tries: Tries,
): Promise<PutResult> {
  const { signal } = tries;
  const ask = () => resendable(store.put(target, part.body(), { ...options, signal }));
  return answered(ask, tries, async (error) => {
    if (codeOf(error) !== "PreconditionFailed") return undefined;
    return lookFor(store, target, hex(await part.digest("md5")), tries);
  });
}

async function answered(
  ask: () => Promise<PutResult>,
  { retry: options, signal, failures }: Tries,
  look: (error: unknown) => Promise<PutResult | undefined>,
): Promise<PutResult> {
  let lost = false;
  const attempt = async () => {
    try {
      return await ask();
    } catch (error) {
      lost ||= (error as { retryable?: unknown } | undefined)?.retryable === true;
      throw error;
    }
  };
  try {
    return await retry(attempt, { ...options, signal });
  } catch (error) {
    const found =
      lost && !signal?.aborted ? await look(error).catch((why) => void failures.push(why)) : undefined;
    signal?.throwIfAborted();
    if (found === undefined) throw error;
    return found;
  }
}

async function lookFor(
  store: ObjectStore,
  { bucket, key }: ObjectTarget,
  etag: string,
  { retry: options, signal }: Tries,
): Promise<PutResult | undefined> {
  const there = await retry(() => store.head({ bucket, key }, { signal }), { ...options, signal });
  const ours = there.etag.replaceAll('"', "").toLowerCase() === etag;
  return ours ? { etag: there.etag, versionId: there.versionId, checksum: there.checksum } : undefined;
}

const MD5 = /^"?([0-9a-f]{32})"?$/i;

/** What S3 gives a multipart object as its ETag; undefined where the parts' ETags are something else than MD5s. */
async function multipartEtag(parts: readonly PartInfo[]): Promise<string | undefined> {
  const digests: Uint8Array[] = [];
  for (const { etag } of parts) {
    const [, digits] = MD5.exec(etag) ?? [];
    if (digits === undefined) return undefined;
    digests.push(
      Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16)),
    );
  }
  return `${hex(await digestOf("md5", ...digests))}-${parts.length}`;
}

const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
