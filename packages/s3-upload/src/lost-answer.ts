import {
  type Checksum,
  type CompleteOptions,
  findCompleted,
  findObject,
  type LookingOptions,
  type MultipartTarget,
  multipartEtag,
  type ObjectStore,
  type ObjectTarget,
  type PartInfo,
  type PutResult,
} from "@sluice/object-store";
import { toHex } from "./encoding.js";
import { codeOf } from "./failure.js";
import type { PartBytes } from "./part.js";
import type { Requests } from "./requests.js";

//  asked ──answer──────────▶ done, or refused
//    └────answer lost──▶ asked again ──answer──▶ done
//                           └─refused, or lost again──▶ looking ──ours is there──▶ done
//                                                           └─────otherwise──────▶ refused
//
//  A request whose answer was lost may have been carried out. The next try then fails because of the first:
//  the multipart upload is gone, or `ifNoneMatch` finds the very object that was just written.

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
  const result = await answered("completeMultipart", ask, tries, () =>
    findCompleted(store, upload, parts, options, lookingWith(tries)),
  );
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
    return findObject(store, target, { etag, checksum, size: part.size }, lookingWith(tries));
  });
}

const lookingWith = ({ requests, signal }: Tries): LookingOptions => ({
  access: { ...requests.access, signal },
  ask: (request, attempt) => requests.make(request, attempt, signal),
});

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
