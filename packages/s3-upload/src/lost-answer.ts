import {
  type Checksum,
  type CompleteOptions,
  digestOf,
  type MultipartTarget,
  type ObjectStore,
  type ObjectTarget,
  type PartInfo,
  type PutResult,
} from "@sluice/object-store";
import { md5In, toHex } from "./encoding.js";
import { codeOf, unlessGone } from "./failure.js";
import type { PartBytes } from "./part.js";
import type { Requests } from "./requests.js";

//  asked ──answer──────────▶ done, or refused
//    └────answer lost──▶ asked again ──answer──▶ done
//                           └─refused, or lost again──▶ looking ──ours is there──▶ done
//                                                           └─────otherwise──────▶ refused
//
//  A request whose answer was lost may have been carried out. The next try then fails because of the first:
//  the multipart upload is gone, or `ifNoneMatch` finds the very object that was just written.
//
//  An older object with the same bytes must not pass for the one that was not published. So the multipart upload must be
//  gone. Swift goes on to list the parts of one that it has completed: then it must be missing among those that are open,
//  and the object must not be older than its parts.

export interface Tries {
  readonly requests: Requests;
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
  const { signal, requests } = tries;
  const { access } = requests;
  const ask = () => store.completeMultipart(upload, parts, { ...options, ...access, signal });
  let since: Date | undefined;
  const list = async () => {
    const page = await store.listParts(upload, { ...access, limit: 1, signal });
    since = page.parts[0]?.lastModified;
  };
  const result = await answered("completeMultipart", ask, tries, async () => {
    const listed = await unlessGone(requests.make("listParts", list, signal));
    if (listed && (since === undefined || (await isOpen(store, upload, tries)))) return undefined;
    const { checksum, size } = options;
    return lookFor(store, upload, { etag: await multipartEtag(parts), checksum, size, since }, tries);
  });
  if (result.etag !== "") return result;
  // Ceph completes without telling the ETag; it is the one that the parts make.
  const etag = await multipartEtag(parts);
  return etag === undefined ? result : { ...result, etag: `"${etag}"` };
}

/** Puts an object, by `ask`; if its own lost first try is what made a condition fail, that counts as success. */
export function put(
  store: ObjectStore,
  target: ObjectTarget,
  part: PartBytes,
  checksum: Checksum | undefined,
  ask: () => Promise<PutResult>,
  tries: Tries,
): Promise<PutResult> {
  return answered("put", ask, tries, async (error) => {
    if (codeOf(error) !== "PreconditionFailed") return undefined;
    const etag = toHex(await part.digest("md5"));
    return lookFor(store, target, { etag, checksum, size: part.size }, tries);
  });
}

async function answered(
  request: "put" | "completeMultipart",
  ask: () => Promise<PutResult>,
  { requests, signal, failures }: Tries,
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
    return await requests.make(request, attempt, signal);
  } catch (error) {
    const found =
      lost && !signal?.aborted ? await look(error).catch((why) => void failures.push(why)) : undefined;
    signal?.throwIfAborted();
    if (found === undefined) throw error;
    return found;
  }
}

interface Ours {
  /** Base16, without quotes; undefined if it cannot be known. */
  readonly etag: string | undefined;
  readonly checksum?: Checksum | undefined;
  readonly size?: number | undefined;
  /** When it was not there yet. */
  readonly since?: Date | undefined;
}

/** Whether the store lists the upload as open, or may do so on a further page. */
async function isOpen(
  store: ObjectStore,
  { bucket, key, uploadId }: MultipartTarget,
  { requests, signal }: Tries,
): Promise<boolean> {
  const { expectedBucketOwner } = requests.access;
  const ask = () => store.listMultiparts(bucket, { prefix: key, expectedBucketOwner, signal });
  const { uploads, next } = await requests.make("listMultiparts", ask, signal);
  // Those of the key itself come first.
  const all = next === undefined || uploads.some((upload) => upload.key !== key);
  return !all || uploads.some((upload) => upload.uploadId === uploadId);
}

async function lookFor(
  store: ObjectStore,
  { bucket, key }: ObjectTarget,
  ours: Ours,
  { requests, signal }: Tries,
): Promise<PutResult | undefined> {
  const ask = () => store.head({ bucket, key }, { ...requests.access, signal });
  const { etag, versionId, checksum, size, lastModified } = await requests.make("head", ask, signal);
  const { since } = ours;
  if (since !== undefined && (secondOf(lastModified) < secondOf(since) || size !== ours.size))
    return undefined;
  const same =
    ours.etag === undefined
      ? // By encryption, ETags tell nothing. Of all its bytes, a checksum does.
        ours.checksum !== undefined &&
        size === ours.size &&
        checksum?.algorithm === ours.checksum.algorithm &&
        checksum.value === ours.checksum.value
      : etag.replaceAll('"', "").toLowerCase() === ours.etag;
  return same ? { etag, versionId, checksum } : undefined;
}

// A header tells no more.
const secondOf = (time: Date): number => Math.floor(time.getTime() / 1_000);

/** What S3 gives a multipart object as its ETag; undefined where the parts' ETags are something else than MD5s. */
export async function multipartEtag(parts: readonly PartInfo[]): Promise<string | undefined> {
  const digests: Uint8Array[] = [];
  for (const { etag, encryption = "AES256" } of parts) {
    const digits = md5In(etag);
    if (digits === undefined || encryption !== "AES256") return undefined;
    digests.push(
      Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16)),
    );
  }
  return `${toHex(await digestOf("md5", ...digests))}-${parts.length}`;
}
