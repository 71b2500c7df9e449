import type { Checksum } from "./checksum.js";
import { digestOf } from "./digest/create-digest.js";
import type { CompleteOptions, MultipartTarget, PartInfo } from "./multipart.js";
import type { ObjectTarget, PutResult, RequestOptions } from "./object.js";
import type { CustomerKeyOptions } from "./storage-options.js";
import type { ObjectStore } from "./store.js";

//  answer lost ──▶ is the upload gone? ──yes──▶ is the object what the parts make? ──yes──▶ it was completed
//                         └──no───────────────────────────┴──no──▶ nobody knows
//
//  An older object with the same bytes must not pass for the one that was not published. So the multipart upload must be
//  gone. Swift goes on to list the parts of one that it has completed: then it must be missing among those that are open,
//  and the object must not be older than its parts.

/** How the requests are made that look for what has become of another. */
export interface LookingOptions {
  /** What goes with each of them. */
  readonly access?: (RequestOptions & CustomerKeyOptions) | undefined;
  /** Makes each of them; to try it again, say. */
  readonly ask?:
    | (<T>(request: "listParts" | "listMultiparts" | "head", attempt: () => Promise<T>) => Promise<T>)
    | undefined;
}

/**
 * The object that a multipart upload has become, if that can be known: for whoever has asked for its completion and got
 * no answer, or is told that there is no such upload.
 *
 * - **Order:** none; two to three requests.
 * - **Abort:** by `access.signal`, with its reason.
 * - **Errors:** those of the store; undefined if the upload is open, or the object is another one or cannot be compared.
 */
export async function findCompleted(
  store: ObjectStore,
  upload: MultipartTarget,
  parts: readonly PartInfo[],
  { checksum, size }: Pick<CompleteOptions, "checksum" | "size">,
  looking: LookingOptions = {},
): Promise<PutResult | undefined> {
  const { access = {}, ask = now } = looking;
  let since: Date | undefined;
  const list = async () => {
    const page = await store.listParts(upload, { ...access, limit: 1 });
    since = page.parts[0]?.lastModified;
  };
  const listed = await unlessGone(ask("listParts", list));
  if (listed && (since === undefined || (await isOpen(store, upload, looking)))) return undefined;
  return findObject(store, upload, { etag: await multipartEtag(parts), checksum, size, since }, looking);
}

/** What is known of an object that may have been written. */
export interface Sought {
  /** Base16, without quotes; undefined if it cannot be known. */
  readonly etag: string | undefined;
  readonly checksum?: Checksum | undefined;
  readonly size?: number | undefined;
  /** When it was not there yet. */
  readonly since?: Date | undefined;
}

/**
 * The object at a key, if it is the one that is sought.
 *
 * - **Order:** none; one request.
 * - **Abort:** by `access.signal`, with its reason.
 * - **Errors:** those of the store.
 */
export async function findObject(
  store: ObjectStore,
  { bucket, key }: ObjectTarget,
  sought: Sought,
  { access, ask = now }: LookingOptions = {},
): Promise<PutResult | undefined> {
  const { etag, versionId, checksum, size, lastModified } = await ask("head", () =>
    store.head({ bucket, key }, access),
  );
  const { since } = sought;
  if (since !== undefined && (secondOf(lastModified) < secondOf(since) || size !== sought.size))
    return undefined;
  const same =
    sought.etag === undefined
      ? // By encryption, ETags tell nothing. Of all its bytes, a checksum does.
        sought.checksum !== undefined &&
        size === sought.size &&
        checksum?.algorithm === sought.checksum.algorithm &&
        checksum.value === sought.checksum.value
      : etag.replaceAll('"', "").toLowerCase() === sought.etag;
  return same ? { etag, versionId, checksum } : undefined;
}

/** What S3 gives a multipart object as its ETag; undefined where the parts' ETags are something else than MD5s. */
export async function multipartEtag(parts: readonly PartInfo[]): Promise<string | undefined> {
  const digests: Uint8Array[] = [];
  for (const { etag, encryption = "AES256" } of parts) {
    const digits = /^"?([0-9a-f]{32})"?$/i.exec(etag)?.[1];
    if (digits === undefined || encryption !== "AES256") return undefined;
    digests.push(
      Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16)),
    );
  }
  const digest = await digestOf("md5", ...digests);
  return `${Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("")}-${parts.length}`;
}

/** Whether the store lists the upload as open, or may do so on a further page. */
async function isOpen(
  store: ObjectStore,
  { bucket, key, uploadId }: MultipartTarget,
  { access: { expectedBucketOwner, signal } = {}, ask = now }: LookingOptions,
): Promise<boolean> {
  const list = () => store.listMultiparts(bucket, { prefix: key, expectedBucketOwner, signal });
  const { uploads, next } = await ask("listMultiparts", list);
  // Those of the key itself come first.
  const all = next === undefined || uploads.some((upload) => upload.key !== key);
  return !all || uploads.some((upload) => upload.uploadId === uploadId);
}

// Ceph says NoSuchKey of the parts of an upload that it does not know.
async function unlessGone(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    const { code } = (error ?? {}) as { readonly code?: unknown };
    if (code === "NoSuchUpload" || code === "NoSuchKey") return false;
    throw error;
  }
}

const now = <T>(_: unknown, attempt: () => Promise<T>): Promise<T> => attempt();

// A header tells no more.
const secondOf = (time: Date): number => Math.floor(time.getTime() / 1_000);
